// The flags of config, of convert, which is its other name, and those before the command.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Output;
using it::Sandbox;

namespace {

constexpr char kFile[] = R"(
services:
  web:
    image: "nginx:${TAG:-1.25}"
    env_file: [web.env]
    volumes: ["./host:/host", "data:/data"]
    networks: [front]
  tool: {image: tool, profiles: [tools]}
networks: {front: {}}
volumes: {data: {}}
)";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("config and convert honour each of their flags alike") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kFile);
  sandbox.file("web.env", "FROM_FILE=1\n");
  for (const std::string name : {"config", "convert"}) {
    const auto shown = [&](std::vector<std::string> args) {
      args.insert(args.begin(), name);
      return sandbox.ok(args).out;
    };
    CHECK(nlohmann::json::parse(shown({"--format", "json"})).at("services").at("web").at("image") ==
          "nginx:1.25");
    CHECK(contains(shown({"--format=yaml"}), "image: nginx:1.25\n"));
    CHECK(shown({"--hash", "web"}).rfind("web ", 0) == 0);
    CHECK(shown({"--hash", "*"}).size() == 4 + 64 + 1);
    CHECK(shown({"--images"}) == "nginx:1.25\n");
    CHECK(shown({"--services"}) == "web\n");
    CHECK(shown({"--volumes"}) == "data\n");
    CHECK(shown({"--networks"}) == "front\n");
    CHECK(shown({"--profiles"}) == "tools\n");
    CHECK(shown({"--models"}).empty());
    CHECK(contains(shown({"--environment"}), "COMPOSE_PROJECT_NAME=" + sandbox.project() + "\n"));
    CHECK(contains(shown({"--variables"}), "TAG    false      1.25\n"));
    CHECK(contains(shown({"--no-interpolate"}), "nginx:${TAG:-1.25}"));
    CHECK_FALSE(contains(shown({"--no-normalize"}), "name: " + sandbox.project() + "_front"));
    CHECK(contains(shown({"--no-path-resolution"}), "source: ./host\n"));
    CHECK(contains(shown({"--no-env-resolution"}), "web.env"));
    CHECK(contains(shown({}), "FROM_FILE: \"1\""));
    CHECK(shown({"-q"}).empty());
    CHECK(shown({"-o", name + ".out"}).empty());
    CHECK(std::filesystem::exists(sandbox.directory() + "/" + name + ".out"));
    CHECK(shown({"--no-consistency", "--quiet"}).empty());
    for (const char* flag : {"--resolve-image-digests", "--lock-image-digests"}) {
      const Output digests = sandbox.compose({name, flag});  // no registry can be reached from here
      CHECK(digests.code == 1);
      CHECK(contains(digests.err, "service \"web\": "));
    }
  }
  sandbox.compose_file("services: {web: {image: x, depends_on: [nothing]}}\n");
  for (const char* name : {"config", "convert"}) {
    CHECK(sandbox.compose({name, "-q"}).code == 1);
    CHECK(sandbox.compose({name, "-q", "--no-consistency"}).code == 0);
  }
}

TEST_CASE("flags before the command say which files, folder, variables, name and profiles count") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("other/app.yaml", kFile);
  sandbox.file("other/web.env", "FROM_FILE=1\n");
  sandbox.file("one.env", "TAG=one\nA=1\n");
  sandbox.file("two.env", "TAG=two\n");
  sandbox.options().env.erase("COMPOSE_PROJECT_NAME");
  const auto config = [&](std::vector<std::string> flags, std::vector<std::string> args) {
    flags.emplace_back("config");
    flags.insert(flags.end(), args.begin(), args.end());
    return sandbox.ok(flags).out;
  };
  CHECK(config({"-f", "other/app.yaml"}, {"--images"}) == "nginx:1.25\n");
  CHECK(config({"--file", "other/app.yaml", "--env-file", "one.env"}, {"--images"}) == "nginx:one\n");
  CHECK(config({"--file=other/app.yaml", "--env-file", "one.env", "--env-file=two.env"}, {"--images"}) ==
        "nginx:two\n");
  CHECK(config({"-f", "other/app.yaml", "--profile", "tools"}, {"--services"}) == "tool\nweb\n");
  CHECK(contains(config({"-f", "other/app.yaml", "-p", "given"}, {}), "name: given\n"));
  CHECK(contains(config({"-f", "other/app.yaml", "--project-name", "given"}, {}), "name: given\n"));
  sandbox.file("web.env", "FROM_FILE=2\n");
  CHECK(contains(config({"-f", "other/app.yaml", "--project-directory", "."}, {}), "FROM_FILE: \"2\""));
  CHECK(sandbox.compose({"--parallel", "0", "-f", "other/app.yaml", "config"}).code != 0);
  CHECK(sandbox.compose({"--parallel", "1", "-f", "other/app.yaml", "config", "-q"}).code == 0);
  CHECK(sandbox.compose({"--ansi", "sometimes", "-f", "other/app.yaml", "config"}).code != 0);
  CHECK(sandbox.compose({"--progress", "loud", "-f", "other/app.yaml", "config"}).code != 0);
}

TEST_CASE("the flags --progress, --ansi and --parallel decide how up works and what it shows") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services: {web: {image: busybox, command: [echo, hello]}, db: {image: busybox, command: [echo, "
      "hello]}}\n");
  CHECK(sandbox.ok({"--progress", "quiet", "up", "-d"}).err.empty());
  CHECK(contains(sandbox.ok({"--progress", "plain", "--parallel", "1", "up", "-d", "--force-recreate"}).err,
                 " Container " + sandbox.project() + "-web-1  Started\n"));
  CHECK(contains(sandbox.ok({"--ansi", "always", "up", "--force-recreate"}).out, "\x1b["));
  CHECK_FALSE(
      contains(sandbox.ok({"--ansi", "always", "up", "--no-color", "--force-recreate"}).out, "\x1b["));
  CHECK_FALSE(contains(sandbox.ok({"--ansi=never", "logs"}).out, "\x1b["));
  sandbox.finish();
}

TEST_CASE(
    "with --all-resources what no service uses is made, with --compatibility names are docker-compose "
    "1.x's") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\n");
  sandbox.compose_file(
      "services: {web: {build: ., command: [sleep, '1000'], stop_grace_period: 0s}}\n"
      "networks: {lone: {}}\nvolumes: {spare: {}}\n");
  CHECK(sandbox.ok({"config", "--networks"}).out == "default\n");
  CHECK(sandbox.ok({"--all-resources", "config", "--networks"}).out == "default\nlone\n");
  CHECK(sandbox.ok({"--all-resources", "config", "--volumes"}).out == "spare\n");
  const std::string p = sandbox.project();
  sandbox.ok({"--all-resources", "--compatibility", "up", "-d"});
  CHECK(contains(sandbox.ok({"network", "ls", "--format", "{{.Name}}"}).out, p + "_lone\n"));
  CHECK(sandbox.ok({"volumes", "-q"}).out == p + "_spare\n");
  CHECK(sandbox.ok({"ps", "--format", "{{.Name}} {{.Image}}"}).out == p + "_web_1 " + p + "_web\n");
  sandbox.options().env["COMPOSE_COMPATIBILITY"] = "true";
  CHECK_FALSE(contains(sandbox.ok({"up", "-d"}).err, "Recreate"));
  CHECK(sandbox.ok({"run", "-d", "web"}).out.rfind(p + "_web_run_", 0) == 0);
  sandbox.ok({"down", "-v", "-t", "0", "--rmi", "local"});
  sandbox.ok({"--all-resources", "down", "-v", "-t", "0"});
  CHECK_FALSE(contains(sandbox.ok({"network", "ls", "--format", "{{.Name}}"}).out, p));
  sandbox.finish();
}

TEST_CASE("the places of state and what is logged are chosen before the command") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string data = sandbox.directory() + "/data", run = sandbox.directory() + "/run";
  sandbox.ok({"--data-root", data, "--run-root", run, "volume", "create", "mine"});
  CHECK(sandbox.ok({"--data-root", data, "--run-root", run, "volume", "ls", "-q"}).out == "mine\n");
  CHECK(sandbox.ok({"volume", "ls", "-q"}).out.empty());
  CHECK(std::filesystem::exists(data + "/volumes/mine"));
  sandbox.compose_file("services: {web: {image: busybox}}");
  CHECK(sandbox.ok({"config", "-q"}).err.empty());
  CHECK(sandbox.ok({"--log-level", "debug", "config", "-q"}).err.find("loaded project") != std::string::npos);
  CHECK(sandbox.compose({"--log-level", "loud", "config", "-q"}).err.find("'loud'") != std::string::npos);
}
