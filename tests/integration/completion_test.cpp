// What shells complete, what the manual pages and the help of all commands say: all from one source.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "places.h"
#include "sandbox.h"
#include "sys/file.h"
#include "tmux_session.h"

using it::Sandbox;
using Words = std::vector<std::string>;

namespace {

constexpr char kFiles[] = R"(
services:
  web: {image: busybox, command: sleep 1000, stop_grace_period: 0s}
  worker: {image: busybox, command: sleep 1000, stop_grace_period: 0s, profiles: [night]}
)";

struct Offered {
  Words words;
  std::string mode;  // the last line
};

Offered offered(Sandbox& sandbox, Words words) {
  words.insert(words.begin(), "__complete");
  std::istringstream lines(sandbox.ok(words).out);
  Offered found;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(':'))
      found.mode = line;
    else
      found.words.push_back(line.substr(0, line.find('\t')));
  }
  return found;
}

bool has(const Offered& offer, const std::string& word) {
  return std::find(offer.words.begin(), offer.words.end(), word) != offer.words.end();
}

// What Tab makes of `typed` in a shell that has run `setup`.
void check_tab(Sandbox& sandbox, const Words& shell, const std::string& setup, const std::string& typed,
               const std::string& wanted) {
  const std::string folder = std::filesystem::path(places::program("compose")).parent_path();
  Words words{"env", "PATH=" + folder + ":/usr/bin:/bin"};  // tmux itself keeps its own
  words.insert(words.end(), shell.begin(), shell.end());
  it::TmuxSession at(sandbox, it::TmuxSession::Program{words});
  at.type(setup + "; clear; echo se''t");
  at.key("Enter");
  REQUIRE(at.shows("set"));
  at.type(typed);
  at.key("Tab");
  CHECK(at.shows(wanted));
}

}  // namespace

TEST_CASE("completion offers commands, flags, and the values that a flag may have") {
  Sandbox sandbox(Sandbox::Network::kHost);
  sandbox.compose_file(kFiles);
  CHECK(offered(sandbox, {"unp"}).words == Words{"unpause"});
  CHECK_FALSE(has(offered(sandbox, {""}), "__complete"));
  CHECK(offered(sandbox, {"up", "--qui"}).words == Words{"--quiet-build", "--quiet-pull"});
  CHECK(offered(sandbox, {"up", "--pull", ""}).words == Words{"always", "missing", "never", "build"});
  CHECK(offered(sandbox, {"up", "--pull=m"}).words == Words{"--pull=missing"});
  CHECK(offered(sandbox, {"--progress", "p"}).words == Words{"plain"});
  CHECK(offered(sandbox, {"network", "do"}).words == Words{"doctor"});
  CHECK(offered(sandbox, {"help", "unp"}).words == Words{"unpause"});
  CHECK(offered(sandbox, {"-f", ""}).mode == ":files");
  CHECK(offered(sandbox, {"--project-directory", ""}).mode == ":folders");
  CHECK(offered(sandbox, {"stop", "-t", ""}).words.empty());
  CHECK(offered(sandbox, {"nonsense", ""}).words.empty());
}

TEST_CASE("completion offers the services and profiles of the files, each service once") {
  Sandbox sandbox(Sandbox::Network::kHost);
  sandbox.compose_file(kFiles);
  CHECK(offered(sandbox, {"up", ""}).words == Words{"web", "worker"});
  CHECK(offered(sandbox, {"up", "web", ""}).words == Words{"worker"});
  CHECK(offered(sandbox, {"up", "-d", "--", "we"}).words == Words{"web"});
  CHECK(offered(sandbox, {"--profile", ""}).words == Words{"night"});
  CHECK(offered(sandbox, {"exec", "web", ""}).words.empty());
  CHECK(offered(sandbox, {"exec", "web", "ls", "--"}).words.empty());
  const Offered scale = offered(sandbox, {"up", "--scale", "we"});
  CHECK(scale.words == Words{"web="});
  CHECK(scale.mode == ":nospace");
  sandbox.file("other.yaml", "services: {cache: {image: redis}}");
  CHECK(offered(sandbox, {"-f", "other.yaml", "logs", ""}).words == Words{"cache"});
  sandbox.file("broken.yaml", "services: [");
  CHECK(offered(sandbox, {"-f", "broken.yaml", "logs", ""}).words.empty());
}

TEST_CASE("completion offers the containers, networks and images that there are") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kFiles);
  sandbox.ok({"up", "-d"});
  CHECK(offered(sandbox, {"container", "stop", ""}).words == Words{sandbox.project() + "-web-1"});
  CHECK(has(offered(sandbox, {"container", "run", "--network", ""}), sandbox.project() + "_default"));
  CHECK(has(offered(sandbox, {"image", "rm", "busy"}), "busybox:latest"));
  CHECK(offered(sandbox, {"-p", ""}).words == Words{sandbox.project()});
  std::filesystem::remove(sandbox.directory() + "/compose.yaml");  // labels know the services as well
  CHECK(offered(sandbox, {"-p", sandbox.project(), "logs", ""}).words == Words{"web"});
  sandbox.finish();
}

TEST_CASE("Tab completes in bash, zsh and fish") {
  Sandbox sandbox(Sandbox::Network::kHost);
  sandbox.compose_file(kFiles);
  const Words bash{"bash", "--norc", "--noprofile"};
  const std::string in_bash = ". <(compose completion bash)";
  check_tab(sandbox, bash, in_bash, "compose up --remove-o", "compose up --remove-orphans");
  check_tab(sandbox, bash, in_bash, "compose logs wo", "compose logs worker");
  check_tab(sandbox, bash, in_bash, "compose up --pull=mi", "compose up --pull=missing");
  check_tab(sandbox, bash, in_bash, "compose -f comp", "compose -f compose.yaml");
  check_tab(sandbox, bash, in_bash, "docker-compose unp", "docker-compose unp");

  const Words zsh{"zsh", "-f"};
  const std::string in_zsh = "autoload -U compinit; compinit -u -D; . <(compose completion zsh)";
  check_tab(sandbox, zsh, in_zsh, "compose up --remove-o", "compose up --remove-orphans");
  check_tab(sandbox, zsh, in_zsh, "compose logs wo", "compose logs worker");

  const Words fish{"fish", "--no-config"};
  const std::string in_fish = "compose completion fish | source";
  check_tab(sandbox, fish, in_fish, "compose up --remove-o", "compose up --remove-orphans");
  check_tab(sandbox, fish, in_fish, "compose logs wo", "compose logs worker");
}

TEST_CASE("every command has a help and a manual page that name the same flags") {
  Sandbox sandbox(Sandbox::Network::kHost);
  sandbox.ok({"__man", sandbox.directory() + "/man"});
  size_t pages = 0;
  for (const auto& entry : std::filesystem::directory_iterator(sandbox.directory() + "/man")) {
    ++pages;
    std::string command = entry.path().stem();
    INFO(command);
    const std::string page = sys::read_file(entry.path());
    CHECK(page.find(".SH NAME") != std::string::npos);
    // "compose-container-run" is `container run`, "compose-install-alias" is one word.
    Words words;
    if (command != "compose") {
      const std::string rest = command.substr(8);
      const size_t dash = rest.find('-');
      const bool family = dash != std::string::npos && rest != "install-alias";
      words = family ? Words{rest.substr(0, dash), rest.substr(dash + 1)} : Words{rest};
    }
    words.emplace_back("--help");
    const std::string help = sandbox.ok(words).out;
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) {
      const size_t start = line.find("--");
      if (!line.starts_with("  ") || start > 6) continue;
      std::string escaped;
      for (const char c : line.substr(start, line.find_first_of(" ,", start) - start))
        escaped += c == '-' ? std::string("\\-") : std::string(1, c);
      CHECK(page.find("\\fB" + escaped + "\\fR") != std::string::npos);
    }
  }
  CHECK(pages > 90);
}
