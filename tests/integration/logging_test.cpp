// Logging drivers and their options.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

namespace {

std::string numbers(int first, int last) {
  std::string text;
  for (int i = first; i <= last; ++i) text += std::to_string(i) + "\n";
  return text;
}

std::string end_of(const std::string& text) {
  constexpr size_t kShown = 40;
  return text.substr(text.size() - std::min(kShown, text.size()));
}

std::string folder_of(const Sandbox& sandbox, const std::string& id) {
  return sandbox.data_root() + "/containers/" + id;
}

}  // namespace

TEST_CASE("a log is rotated by size, compressed, and read as one by logs, --tail and --follow") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "until [ -e /go ]; do sleep 0.05; done; i=1; while [ $$i -le 20000 ]; do echo $$i; i=$$((i+1)); done; sleep 1000"]
    stop_grace_period: 0s
    logging: {driver: json-file, options: {max-size: 100k, max-file: "100", compress: "true"}}
)");
  sandbox.ok({"up", "-d"});
  it::Process follower(sandbox.command({"logs", "-f", "--no-log-prefix", "--no-color", "web"}),
                       sandbox.options());
  sandbox.ok({"exec", "-T", "web", "touch", "/go"});
  const bool followed =
      it::eventually([&] { return follower.out().ends_with("\n20000\n"); }, std::chrono::seconds(60));
  INFO("the end of what was followed: " << end_of(follower.out()));
  INFO("standard error: " << follower.err());
  INFO("the end of the log: " << end_of(sandbox.log("web")));
  REQUIRE(followed);
  CHECK(follower.out() == numbers(1, 20000));
  follower.signal(2);
  follower.wait();
  CHECK(sandbox.log("web") == numbers(1, 20000));
  CHECK(sandbox.ok({"logs", "--no-color", "--no-log-prefix", "--tail", "7000", "web"}).out ==
        numbers(13001, 20000));
  int compressed = 0;
  const std::string folder = folder_of(sandbox, *sandbox.ids("web").begin());
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    compressed += entry.path().extension() == ".gz" ? 1 : 0;
  CHECK(compressed >= 10);
  CHECK(std::filesystem::file_size(folder + "/container.log") <= 100 << 10);
  sandbox.finish();
}

TEST_CASE("a flood takes no more of the disk than its options allow") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "yes 'a line of the flood' | head -c 30000000; echo; echo the end; sleep 1000"]
    stop_grace_period: 0s
    logging: {options: {max-size: 500k, max-file: "3"}}
)");
  sandbox.ok({"up", "-d"});
  REQUIRE(it::eventually(
      [&] {
        return sandbox.ok({"logs", "--tail", "1", "web"}).out.find("the end") != std::string::npos;
      },
      std::chrono::seconds(60)));
  uintmax_t size = 0;
  const std::string folder = folder_of(sandbox, *sandbox.ids("web").begin());
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_regular_file()) size += entry.file_size();
  CHECK(size <= 3 * (500 << 10) + (64 << 10));
  sandbox.finish();
}

TEST_CASE("the local driver keeps a log as well, and none keeps none and says so") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  kept:
    image: busybox
    command: ["sh", "-c", "echo kept; sleep 1000"]
    stop_grace_period: 0s
    logging: {driver: local}
  silent:
    image: busybox
    command: ["sh", "-c", "echo unheard; sleep 1000"]
    stop_grace_period: 0s
    logging: {driver: none}
)");
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([&] { return sandbox.log("kept") == "kept\n"; }));
  const it::Output silent = sandbox.ok({"logs", "silent"});
  CHECK(silent.out.empty());
  CHECK(silent.err.find("its logging driver is none") != std::string::npos);
  const it::Output refused = sandbox.compose({"container", "logs", sandbox.project() + "-silent-1"});
  CHECK(refused.code != 0);
  CHECK(refused.err.find("does not support reading") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder_of(sandbox, *sandbox.ids("silent").begin()) + "/container.log"));
  sandbox.finish();
}

TEST_CASE("labels, env and tag are in every line of the log as Docker writes them") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "echo hello; echo bad >&2; sleep 1000"]
    stop_grace_period: 0s
    labels: {tier: front, other: x}
    environment: {COLOR: red, COUNT: "3", HIDDEN: x}
    logging:
      options: {labels: tier, env: COLOR, env-regex: "^COU", tag: "{{.Name}}/{{.ImageName}}"}
)");
  sandbox.ok({"up", "-d"});
  REQUIRE(it::eventually([&] { return sandbox.log("web").find("bad") != std::string::npos; }));
  const std::string text = sys::read_file(folder_of(sandbox, *sandbox.ids("web").begin()) + "/container.log");
  const auto line = nlohmann::json::parse(text.substr(0, text.find('\n')));
  CHECK(line.at("attrs") == nlohmann::json{{"COLOR", "red"},
                                           {"COUNT", "3"},
                                           {"tier", "front"},
                                           {"tag", sandbox.project() + "-web-1/busybox"}});
  CHECK(line.at("stream").is_string());
  sandbox.finish();
}

TEST_CASE("drivers that write elsewhere and options that are none are refused by name") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::pair<const char*, const char*> cases[] = {
      {"{driver: syslog}", "json-file, local and none are"},
      {"{driver: jsonfile}", "json-file"},
      {"{options: {max-sise: 1m}}", "max-size"},
      {"{options: {mode: non-blocking}}", "mode"},
      {"{options: {tag: \"{{.Color}}\"}}", "there is no '.Color'"},
      {"{options: {compress: \"true\"}}", "compress needs a max-size"}};
  for (const auto& [logging, why] : cases) {
    sandbox.compose_file(std::string("services:\n  web:\n    image: busybox\n    logging: ") + logging +
                         "\n");
    const it::Output refused = sandbox.compose({"up", "-d"});
    CHECK(refused.code != 0);
    CHECK(refused.err.find(why) != std::string::npos);
  }
  sandbox.finish();
}

TEST_CASE("a reader of logs that does not read keeps no container from writing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "yes line | head -n 300000; touch /done; sleep 1000"]
    stop_grace_period: 0s
    logging: {options: {max-size: 200k, max-file: "2", compress: "true"}}
)");
  sandbox.ok({"create"});
  // Its output goes to a FIFO that nobody reads.
  const std::vector<std::string> logs = sandbox.command({"logs", "-f", "web"});
  std::vector<std::string> blocked = {"sh", "-c", "mkfifo f; exec 3<>f; exec \"$@\" >&3", "sh"};
  blocked.insert(blocked.end(), logs.begin(), logs.end());
  it::RunOptions options = sandbox.options();
  it::Process reader(blocked, options);
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually(
      [&] {
        return sandbox.compose({"exec", "-T", "web", "test", "-e", "/done"}).code == 0;
      },
      std::chrono::seconds(60)));
  reader.signal(9);
  reader.wait();
  sandbox.finish();
}
