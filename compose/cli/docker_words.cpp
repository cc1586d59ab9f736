#include "compose/cli/docker_words.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "compose/cli/failure.h"
#include "compose/plan/labels.h"
#include "parser/load.h"

namespace compose::cli {
namespace {

struct Word {
  std::string_view docker;
  std::string_view own;  // with a space between; empty: refused
  std::string_view why{};
};

// docker's short commands. `container`, `image`, `network`, `volume`, `system`, `builder`, `login`, `logout`
// and `version` are called the same here.
constexpr Word kWords[] = {
    // clang-format off
    {"attach", "container attach"},
    {"build", "image build"},
    {"commit", "container commit"},
    {"cp", "container cp"},
    {"create", "container create"},
    {"diff", "container diff"},
    {"events", "system events"},
    {"exec", "container exec"},
    {"export", "container export"},
    {"history", "image history"},
    {"images", "image ls"},
    {"import", "image import"},
    {"info", "system info"},
    {"inspect", "container inspect"},
    {"kill", "container kill"},
    {"load", "image load"},
    {"logs", "container logs"},
    {"pause", "container pause"},
    {"port", "container port"},
    {"ps", "container ls"},
    {"pull", "image pull"},
    {"push", "image push"},
    {"rename", "container rename"},
    {"restart", "container restart"},
    {"rm", "container rm"},
    {"rmi", "image rm"},
    {"run", "container run"},
    {"save", "image save"},
    {"start", "container start"},
    {"stats", "container stats"},
    {"stop", "container stop"},
    {"tag", "image tag"},
    {"top", "container top"},
    {"unpause", "container unpause"},
    {"update", "container update"},
    {"wait", "container wait"},
    {"buildx", "", "`docker build` is there"},
    {"checkpoint", "", "processes cannot be frozen to disk"},
    {"config", "", "configs are part of a Compose file"},
    {"context", "", "there is one engine, this machine's"},
    {"manifest", "", "`compose image inspect` shows an image's"},
    {"node", "", "there is one machine"},
    {"plugin", "", "there are no plug-ins"},
    {"search", "", "registries are asked for images by name only"},
    {"secret", "", "secrets are part of a Compose file"},
    {"service", "", "services are part of a Compose file: `compose up`, `compose ps`, `compose scale`"},
    {"stack", "", "`compose up` runs a Compose file on this machine"},
    {"swarm", "", "there is one machine"},
    {"trust", "", "images are not signed here"},
    // clang-format on
};
constexpr std::string_view kSame[] = {"builder", "completion", "container", "image",   "login",
                                      "logout",  "network",    "system",    "version", "volume"};

bool is_same(const std::string& word) {
  return std::find(std::begin(kSame), std::end(kSame), word) != std::end(kSame);
}

[[noreturn]] void fail_unknown(const std::string& word) {
  std::vector<std::string> known{"compose", "help"};
  for (const Word& row : kWords) known.emplace_back(row.docker);
  known.insert(known.end(), std::begin(kSame), std::end(kSame));
  const std::string near = parser::closest(word, known);
  throw CommandError("unknown command: docker " + word +
                     (near.empty() ? ", see `docker --help`" : ", did you mean '" + near + "'?"));
}

std::vector<std::string> from_docker(std::vector<std::string> args) {
  // docker's flags before the command say which daemon to ask; there is none. --help, --version and what
  // the completion asks are ours.
  if (args.empty() || args.front().starts_with('-') || args.front().starts_with("__") ||
      args.front() == "help")
    return args;
  const std::string word = args.front();
  args.erase(args.begin());
  if (word == "compose") return args;
  for (const Word& row : kWords) {
    if (row.docker != word) continue;
    if (row.own.empty()) throw CommandError("`docker " + word + "` is not there: " + std::string(row.why));
    const size_t space = row.own.find(' ');
    args.insert(args.begin(),
                {std::string(row.own.substr(0, space)), std::string(row.own.substr(space + 1))});
    return args;
  }
  if (!is_same(word)) fail_unknown(word);
  args.insert(args.begin(), word);
  return args;
}

}  // namespace

std::optional<std::string> plugin_metadata(const std::vector<std::string>& args) {
  if (args.empty() || args.front() != "docker-cli-plugin-metadata") return std::nullopt;
  return nlohmann::ordered_json{{"SchemaVersion", "0.1.0"},
                                {"Vendor", "compose"},
                                {"Version", std::string("v") + kVersion},
                                {"ShortDescription", "Define and run multi-container applications"}}
             .dump(2) +
         '\n';
}

std::vector<std::string> in_own_words(const std::string& name, std::vector<std::string> args) {
  if (name == "docker") return from_docker(std::move(args));
  if (name == "docker-compose" && !args.empty() && args.front() == "compose") args.erase(args.begin());
  return args;
}

}  // namespace compose::cli
