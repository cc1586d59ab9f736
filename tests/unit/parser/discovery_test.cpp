#include <catch2/catch.hpp>

#include "load_fixture.h"
#include "parser/build_inputs.h"

namespace {
const char* const kWeb = "services: {web: {image: x}}\n";
}

TEST_CASE("discovery: the nearest Compose file upwards is taken with its override, the first name wins") {
  Folder folder;
  folder.write("docker-compose.yml", kWeb);
  folder.write("docker-compose.override.yml", "services: {web: {user: over}}\n");
  folder.write("sub/deeper/x", "");
  folder.options.working_directory = folder.path + "/sub/deeper";
  auto result = folder.load();
  CHECK(result.project.services.at("web").user == "over");
  CHECK(result.project.working_dir == folder.path);
  CHECK(result.project.services.at("web").mark.file == "../../docker-compose.yml");
  CHECK(result.project.config_files ==
        std::vector<std::string>{folder.path + "/docker-compose.yml",
                                 folder.path + "/docker-compose.override.yml"});
  folder.write("compose.yaml", "services: {web: {image: first}}\n");
  result = folder.load();
  CHECK(result.project.services.at("web").image == "first");
  REQUIRE(result.warnings.size() == 1);
  CHECK(
      result.warnings[0].to_string() ==
      "../../docker-compose.yml: warning: not used, since '../../compose.yaml' is there too; choose with -f");
}

TEST_CASE(
    "discovery: from a given project directory the search goes upwards too, and paths go by that folder") {
  Folder folder;
  folder.write("compose.yaml", "services: {web: {image: x, volumes: ['./d:/d']}}\n");
  folder.write("deep/er/.keep", "");
  folder.options.project_directory = "deep/er";
  const parser::Project project = folder.load().project;
  CHECK(project.config_files == std::vector<std::string>{folder.path + "/compose.yaml"});
  CHECK(project.services.at("web").volumes.at(0).source == folder.path + "/deep/er/d");
}

TEST_CASE("discovery: no file, a file that is not there and a folder are told apart") {
  Folder folder;
  folder.options.project_directory = "/nowhere/at/all";
  CHECK(folder.errors().find("no Compose file found in /nowhere/at/all or above (") == 0);
  folder.options.project_directory.clear();
  folder.options.files = {"gone.yml"};
  CHECK(folder.errors() == "gone.yml: no such file\n");
  folder.options.files = {"."};
  CHECK(folder.errors() == ".: is a directory, not a file\n");
}

TEST_CASE("discovery: -f wins over COMPOSE_FILE, which wins over the search") {
  Folder folder;
  folder.write("compose.yaml", kWeb);
  folder.write("compose.override.yaml", "services: {web: {user: over}}\n");
  folder.write("a/a.yml", "services: {a: {image: x, volumes: ['./d:/d']}}\n");
  folder.write("b.yml", "services: {b: {image: x, volumes: ['./d:/d']}}\n");
  folder.options.environment["COMPOSE_FILE"] = "a/a.yml:b.yml";
  auto project = folder.load().project;
  CHECK(project.services.size() == 2);
  // Relative paths of all files go by the folder of the first.
  CHECK(project.working_dir == folder.path + "/a");
  CHECK(project.services.at("b").volumes[0].source == folder.path + "/a/d");
  folder.options.environment["COMPOSE_FILE"] = "a/a.yml;b.yml";
  folder.options.environment["COMPOSE_PATH_SEPARATOR"] = ";";
  CHECK(folder.load().project.services.size() == 2);
  folder.options.files = {"compose.yaml"};
  CHECK(folder.load().project.services.at("web").user.empty());
}

TEST_CASE("project name: -p, COMPOSE_PROJECT_NAME, name of the last file, folder") {
  Folder folder;
  folder.write("My.App_1/compose.yaml", kWeb);
  folder.options.working_directory = folder.path + "/My.App_1";
  CHECK(folder.load().project.name == "myapp_1");
  CHECK(parser::project_name(folder.options) == "myapp_1");
  folder.write("My.App_1/compose.yaml", std::string("name: ${N:-named}\n") + kWeb);
  CHECK(parser::project_name(folder.options) == "named");
  folder.write("My.App_1/compose.override.yaml", "name: later\n");
  CHECK(parser::project_name(folder.options) == "later");
  folder.write("My.App_1/.env", "COMPOSE_PROJECT_NAME=dotenv\n");
  CHECK(folder.load().project.name == "dotenv");
  folder.options.environment["COMPOSE_PROJECT_NAME"] = "outer";
  CHECK(parser::project_name(folder.options) == "outer");
  folder.options.project_name = "flag";
  const auto project = folder.load().project;
  CHECK(project.name == "flag");
  CHECK(project.networks.at("default").name == "flag_default");
  CHECK(project.environment.at("COMPOSE_PROJECT_NAME") == "flag");
}

TEST_CASE("project name: needs no file when it is given, refuses what is no name") {
  Folder folder;
  folder.options.project_name = "given";
  CHECK(parser::project_name(folder.options) == "given");
  folder.options.project_name = "Not Good";
  CHECK_THROWS_WITH(parser::project_name(folder.options), Catch::Contains("did you mean 'notgood'?"));
  folder.options.project_name.clear();
  folder.options.project_directory = folder.path;
  CHECK_THROWS_AS(parser::project_name(folder.options), parser::LoadError);
}

TEST_CASE("environment: process, then --env-file in order or .env; it configures the tool too") {
  Folder folder;
  folder.write("app.yml", "services: {web: {image: 'x:${TAG}', hostname: '${HOST:-none}'}}\n");
  folder.write(".env", "COMPOSE_FILE=app.yml\nTAG=dotenv\nHOST=h\n");
  CHECK(parser::tool_environment(folder.options).at("COMPOSE_FILE") == "app.yml");
  auto project = folder.load().project;
  CHECK(project.services.at("web").image == "x:dotenv");
  CHECK(project.env_files == std::vector<std::string>{folder.path + "/.env"});
  folder.options.environment["TAG"] = "process";
  CHECK(folder.load().project.services.at("web").image == "x:process");
  folder.options.environment.clear();
  folder.options.files = {"app.yml"};
  folder.write("one.env", "TAG=one\nHOST=one\n");
  folder.write("two.env", "TAG=two$HOST\n");
  folder.options.env_files = {"one.env", "two.env"};
  project = folder.load().project;
  CHECK(project.services.at("web").image == "x:twoone");
  CHECK(project.services.at("web").hostname == "one");
  folder.options.env_files = {"gone.env"};
  CHECK(folder.errors() == "gone.env: no such file\n");
  folder.options.env_files.clear();
  folder.options.environment["COMPOSE_DISABLE_ENV_FILE"] = "1";
  CHECK(folder.load().project.services.at("web").hostname == "none");
}

TEST_CASE("environment: .env never reaches a container by itself; env_file gives way to environment") {
  Folder folder;
  folder.write(".env", "SECRET=x\nPASSED=from-dotenv\n");
  folder.write("a.env", "A=file\nB=file\nREF=${A}-${PASSED}\n");
  folder.write("b.env", "B=later\n");
  const auto environment =
      folder
          .load(
              "services:\n  web:\n    image: x\n    env_file: [a.env, {path: b.env}, {path: no.env, "
              "required: false}]\n    environment: [A=own, PASSED, NOT_SET]\n")
          .project.services.at("web")
          .environment;
  CHECK(
      environment ==
      parser::StringMap{{"A", "own"}, {"B", "later"}, {"PASSED", "from-dotenv"}, {"REF", "own-from-dotenv"}});
}

TEST_CASE("profiles: enabled by --profile, COMPOSE_PROFILES, a star, or by being named") {
  Folder folder;
  const std::string text =
      "services:\n  web: {image: x}\n  dbg: {image: x, profiles: [debug]}\n  tool: {image: x, profiles: "
      "[tools, debug]}\n";
  CHECK(folder.load(text).project.services.size() == 1);
  CHECK(folder.load(text).project.disabled_services.size() == 2);
  folder.options.environment["COMPOSE_PROFILES"] = "debug";
  CHECK(folder.load(text).project.services.size() == 3);
  folder.options.profiles = {"tools"};
  CHECK(folder.load(text).project.services.count("dbg") == 0);
  folder.options.profiles = {"*"};
  CHECK(folder.load(text).project.services.size() == 3);
  folder.options.profiles = {"none"};
  folder.options.selected = {"dbg"};
  CHECK(folder.load(text).project.services.count("dbg") == 1);
}

TEST_CASE(
    "build inputs: a context or Dockerfile that is missing is named with its place, but does not stop a "
    "load") {
  Folder folder;
  folder.write("here/Dockerfile", "FROM x\n");
  const auto project =
      folder
          .load(
              "services:\n  a: {build: ./gone}\n  b: {build: ./here}\n  c: {build: {context: here, "
              "dockerfile: Other}}\n  d: {build: {context: here, dockerfile_inline: FROM x}}\n")
          .project;
  const auto errors = parser::check_build_inputs(project, {});
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].to_string() ==
        "compose.yaml:2:14: services.a.build: build context '" + folder.path + "/gone' does not exist");
  CHECK(errors[1].to_string() ==
        "compose.yaml:4:42: services.c.build: Dockerfile '" + folder.path + "/here/Other' does not exist");
  CHECK(parser::check_build_inputs(project, {"b"}).empty());
}
