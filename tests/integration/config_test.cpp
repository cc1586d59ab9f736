// `compose config` and `compose check`: what they print of a project, without making anything.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "at_terminal.h"
#include "sandbox.h"

using it::Sandbox;

namespace {

void write_project(Sandbox& sandbox) {
  sandbox.file("compose.yaml", R"(name: shown
include: [parts/db.yaml]
services:
  web:
    image: "nginx:${TAG:-1.25}"
    env_file: [web.env]
    environment: [FROM_SHELL, "GREETING=${GREETING-hello}"]
    volumes: ["./data:/data"]
    depends_on: [db]
  tool:
    image: tool
    profiles: [tools]
networks: {unused: {}}
)");
  sandbox.file("web.env", "FROM_FILE=1\n");
  sandbox.file("parts/db.yaml", "services: {db: {build: ./context, image: \"db:${DB_TAG}\"}}\n");
}

std::string shown(Sandbox& sandbox, std::vector<std::string> args) {
  args.insert(args.begin(), "config");
  return sandbox.ok(args).out;
}

}  // namespace

TEST_CASE("config shows files merged, resolved and complete") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  write_project(sandbox);
  const auto json = nlohmann::json::parse(shown(sandbox, {"--format", "json"}));
  CHECK(json["name"] == sandbox.project());
  const auto& web = json["services"]["web"];
  CHECK(web["image"] == "nginx:1.25");
  CHECK(web["environment"] ==
        nlohmann::json{{"FROM_FILE", "1"}, {"FROM_SHELL", nullptr}, {"GREETING", "hello"}});
  CHECK(web["volumes"][0]["source"] == sandbox.directory() + "/data");
  CHECK(json["services"]["db"]["build"]["context"] == sandbox.directory() + "/parts/context");
  CHECK(json["networks"].size() == 1);
  CHECK(json["services"].count("tool") == 0);
}

TEST_CASE("config leaves out on request what it resolves") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  write_project(sandbox);
  CHECK(shown(sandbox, {"--no-interpolate"}).find("image: nginx:${TAG:-1.25}\n") != std::string::npos);
  for (const char* other : {"--environment", "--hash=*", "--resolve-image-digests"})
    CHECK(sandbox.compose({"config", "--no-interpolate", other}).err.find("--no-interpolate shows values") !=
          std::string::npos);
  CHECK(shown(sandbox, {"--no-interpolate", "--services"}) == "db\ntool\nweb\n");
  CHECK(shown(sandbox, {"--no-interpolate", "--images"}) == "db:${DB_TAG}\nnginx:${TAG:-1.25}\ntool\n");
  CHECK(shown(sandbox, {"--no-interpolate", "--profiles"}) == "tools\n");
  CHECK(shown(sandbox, {"--no-interpolate", "--networks"}) == "unused\n");
  const it::Output whole = sandbox.ok({"config", "--no-interpolate", "web"});
  CHECK(whole.err.find("not only of web") != std::string::npos);
  CHECK(whole.out.find("tool") != std::string::npos);
  CHECK(shown(sandbox, {"--no-path-resolution"}).find("source: ./data\n") != std::string::npos);
  CHECK(shown(sandbox, {"--no-env-resolution"}).find("env_file:\n") != std::string::npos);
  CHECK(shown(sandbox, {"--no-normalize"}).find("default") == std::string::npos);
  sandbox.file("compose.yaml", "services: {web: {depends_on: [nothing]}}\n");
  CHECK(sandbox.compose({"config", "-q"}).code == 1);
  CHECK(sandbox.compose({"config", "-q", "--no-consistency"}).code == 0);
}

TEST_CASE("config lists names, variables and profiles") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  write_project(sandbox);
  CHECK(shown(sandbox, {"--services"}) == "db\nweb\n");
  CHECK(shown(sandbox, {"--profiles"}) == "tools\n");
  CHECK(shown(sandbox, {"--networks"}) == "default\n");
  CHECK(shown(sandbox, {"--images"}) == "db:\nnginx:1.25\n");
  CHECK(shown(sandbox, {"--variables"}) ==
        "NAME       REQUIRED   DEFAULT VALUE   ALTERNATE VALUE\n"
        "DB_TAG     false\n"
        "GREETING   false      hello\n"
        "TAG        false      1.25\n");
  CHECK(
      nlohmann::json::parse(shown(sandbox, {"--variables", "--format", "json"}))["TAG"] ==
      nlohmann::json{{"Name", "TAG"}, {"DefaultValue", "1.25"}, {"PresenceValue", ""}, {"Required", false}});
  CHECK(shown(sandbox, {"--variables", "--format", "yaml"})
            .find("TAG:\n  defaultvalue: \"1.25\"\n  name: TAG\n") != std::string::npos);
  CHECK(shown(sandbox, {"--services", "db"}) == "db\n");
  sandbox.file(".env", "DB_TAG=2\n");
  sandbox.ok({"config", "-o", "out.yaml"});
  CHECK(sandbox.ok({"-f", "out.yaml", "config"}).out == shown(sandbox, {}));
}

TEST_CASE("config names the images of commands before the start and the models that are run") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n"
      "  web: {image: busybox, pre_start: [{image: tool:1, command: x}], models: [small]}\n"
      "models: {small: {model: ai/small}}\n");
  CHECK(shown(sandbox, {"--images"}) == "busybox\ntool:1\n");
  CHECK(shown(sandbox, {"--models"}) == "ai/small\n");
}

TEST_CASE("what containers are made from may be missing where none is made") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n"
      "  web: {image: 'busybox:${TAG}', env_file: web.env, secrets: [token]}\n"
      "secrets: {token: {environment: TOKEN}}\n");
  for (const char* command : {"ps", "stop", "logs", "images", "down"}) {
    INFO(command);
    CHECK(sandbox.compose({command}).code == 0);
  }
  it::Output up = sandbox.compose({"up", "-d"});
  CHECK(up.code == 1);
  CHECK(up.err.find("compose.yaml:2:") != std::string::npos);
  CHECK(up.err.find("web.env: no such file") != std::string::npos);
  sandbox.file("web.env", "A=1\n");
  const it::Output config = sandbox.ok({"config", "-q"});
  for (const char* missing : {"warning: secrets.token.environment: variable 'TOKEN' is not set",
                              "warning: services.web.image: invalid image name 'busybox:'"})
    CHECK(config.err.find(missing) != std::string::npos);
  sandbox.compose_file(
      "services:\n"
      "  web: {image: busybox, secrets: [token]}\n"
      "  db: {image: busybox, command: \"true\"}\n"
      "secrets: {token: {environment: TOKEN}}\n");
  up = sandbox.compose({"up", "-d"});
  CHECK(up.code == 1);
  CHECK(up.err.find("compose.yaml:4:32: service \"web\": the secret \"token\" comes from the variable TOKEN, "
                    "which is not set") != std::string::npos);
  CHECK(sandbox.containers().empty());
}

TEST_CASE("an error in an included file tells how the file came in") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  write_project(sandbox);
  sandbox.file("parts/db.yaml", "services:\n  db:\n    imagee: x\n");
  const it::Output output = sandbox.compose({"config", "-q"});
  CHECK(output.code == 1);
  CHECK(output.err.find("parts/db.yaml:3:5: services.db: unknown attribute 'imagee', did you mean 'image'?\n"
                        "  included from compose.yaml:2:11\n") != std::string::npos);
}

TEST_CASE("what is found wrong after the files were read is shown with its line at a terminal") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n  web:\n    build: ./nowhere\n");
  it::AtTerminal build(sandbox, {"build"});
  const std::string shown = build.until("^\r\n");
  CHECK_THAT(shown, Catch::Contains("compose.yaml:3:12: services.web.build: build context"));
  CHECK_THAT(shown, Catch::Contains("    build: ./nowhere\r\n"));
  CHECK_THAT(shown, Catch::Contains("           ^\r\n"));
  CHECK(build.wait() == 1);
}

TEST_CASE("check tells what older tools would not read") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n"
      "  web:\n"
      "    image: ${IMAGE:-busybox}\n"
      "    depends_on:\n"
      "      db: {condition: service_healthy}\n"
      "  db: {image: busybox, mem_limit: 64m}\n");
  const it::Output check = sandbox.compose({"check", "--version-3"});
  CHECK(check.code == 1);
  CHECK(check.out.find(
            "compose.yaml:6:24: warning: services.db: attribute 'mem_limit' is not part of file format "
            "version 3\n") != std::string::npos);
  CHECK(check.out.find("services.web.depends_on: a map is not allowed here") != std::string::npos);
  CHECK(sandbox.compose({"check", "--version-3", "-q"}).out.empty());
  for (const char* other : {"--all", "--format=json", "web"})
    CHECK(sandbox.compose({"check", "--version-3", other}).err.find("--version-3 goes with none of") !=
          std::string::npos);
  sandbox.compose_file("services: {web: {image: busybox}}\n");
  CHECK(sandbox.compose({"check", "--version-3"}).code == 0);
}

TEST_CASE("check tells what up would refuse, and up refuses it before anything is made") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n"
      "  web:\n"
      "    image: busybox\n"
      "    deploy: {placement: {constraints: [node.role == worker]}}\n"
      "    use_api_socket: true\n");
  const it::Output check = sandbox.compose({"check"});
  CHECK(check.code == 1);
  CHECK(check.out ==
        "ATTRIBUTE                           VERDICT         PLACE               NOTE\n"
        "services.web.deploy.placement       no effect       compose.yaml:4:14   there is one machine\n"
        "services.web.use_api_socket: true   not supported   compose.yaml:5:21\n");
  const it::Output up = sandbox.compose({"up", "-d"});
  CHECK(up.code == 1);
  CHECK(up.err.find("compose.yaml:5:21: services.web: 'use_api_socket: true' is not supported yet") !=
        std::string::npos);
  CHECK(sandbox.containers().empty());
}
