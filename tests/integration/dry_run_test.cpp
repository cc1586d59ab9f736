// --dry-run tells the steps with their reasons, and changes nothing.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Output;
using it::Sandbox;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// All that commands can change, but for time that passes.
std::string everything(Sandbox& sandbox) {
  return sandbox.ok({"ps", "-a", "--format", "{{.ID}} {{.Name}} {{.State}} {{.ExitCode}}"}).out +
         sandbox.ok({"network", "ls", "--format", "{{.ID}}"}).out + sandbox.ok({"volume", "ls", "-q"}).out +
         sandbox.ok({"image", "ls", "-q", "--no-trunc"}).out;
}

}  // namespace

TEST_CASE("every command that changes something tells its steps in a dry run, and takes none") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\n");
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
  idle:
    image: busybox
    command: ["true"]
    restart: "no"
  own:
    image: 127.0.0.1:5000/own
    build: .
    scale: 0
volumes: {data: {}}
)");
  sandbox.ok({"build"});
  sandbox.ok({"up", "-d"});
  REQUIRE(it::eventually([&] { return sandbox.container("idle").at("State") == "exited"; }));
  const std::string before = everything(sandbox);
  const std::string web = sandbox.project() + "-web-1", idle = sandbox.project() + "-idle-1";
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"up", "-d", "--force-recreate", "web"}, "Create Container " + web},
      {{"create", "--scale", "web=2"}, "Create Container " + sandbox.project() + "-web-2"},
      {{"scale", "web=0"}, "Remove Container " + web},
      {{"start"}, "Start Container " + idle},
      {{"stop"}, "Stop Container " + web},
      {{"restart", "web"}, "Stop Container " + web},
      {{"kill", "web"}, "Kill Container " + web},
      {{"pause"}, "Pause Container " + web},
      {{"rm", "-f"}, "Remove Container " + idle},
      {{"rm", "-s", "-f", "web"}, "Stop Container " + web},
      {{"down"}, "Remove Network " + sandbox.project() + "_default"},
      {{"run", "web", "true"}, "Create Container " + sandbox.project() + "-web-run-"},
      {{"exec", "web", "touch", "/x"}, "Execute in Container " + web + ": touch /x"},
      {{"cp", "Dockerfile", "web:/x"}, "copy "},
      {{"commit", "web", "image-of-web"}, "Commit Container " + web + " as image-of-web"},
      {{"export", "-o", "tree.tar", "web"}, "Export Container " + web + " to tree.tar"},
      {{"wait", "--down-project", "web"}, "Wait for Container " + web},
      {{"build"}, "Build Image 127.0.0.1:5000/own"},
      {{"pull", "web"}, "Pull Image busybox"},
      {{"push"}, "Push Image 127.0.0.1:5000/own"},
      {{"publish", "127.0.0.1:5000/project"}, "Publish 127.0.0.1:5000/project:latest"},
  };
  for (const auto& [words, step] : cases) {
    // Before the command or behind it.
    std::vector<std::string> first = words, behind = words;
    first.insert(first.begin(), "--dry-run");
    behind.insert(behind.begin() + 1, "--dry-run");
    for (const auto& args : {first, behind}) {
      const Output output = sandbox.compose(args);
      INFO(words.front() << '\n' << output.out << output.err);
      CHECK(output.code == 0);
      CHECK(contains(output.out, step));
    }
  }
  CHECK(everything(sandbox) == before);
  CHECK_FALSE(std::filesystem::exists(sandbox.directory() + "/tree.tar"));
  CHECK(sandbox.compose({"exec", "-T", "web", "ls", "/x"}).code != 0);
  sandbox.ok({"pause", "web"});
  CHECK(contains(sandbox.ok({"unpause", "--dry-run"}).out, "Unpause Container " + web));
  CHECK(sandbox.container("web").at("State") == "paused");
  sandbox.ok({"unpause"});
  sandbox.finish();
}
