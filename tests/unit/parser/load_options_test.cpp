// What `config --no-env-resolution`, `--no-consistency` and `--no-normalize` ask of the parser.
#include <catch2/catch.hpp>

#include "load_fixture.h"

using Catch::Contains;

namespace {

const char* const kFile =
    "services:\n"
    "  web:\n"
    "    image: x\n"
    "    environment: {A: own, OUTSIDE: }\n"
    "    env_file: [a.env, {path: b.env, required: false, format: raw}]\n"
    "    label_file: web.labels\n"
    "    links: [db]\n"
    "  db: {image: x}\n";

void fill(Folder& folder) {
  folder.write("a.env", "A=file\nB=file\n");
  folder.write("web.labels", "l=1\n");
  folder.options.environment = {{"OUTSIDE", "out"}};
  folder.write("compose.yaml", kFile);
}

}  // namespace

TEST_CASE("load options: the environment is resolved by default, and its files are not shown") {
  Folder folder;
  fill(folder);
  const parser::Project project = folder.load().project;
  const parser::Service& web = project.services.at("web");
  CHECK(web.environment == parser::StringMap{{"A", "own"}, {"B", "file"}, {"OUTSIDE", "out"}});
  CHECK(web.unset_environment.empty());
  CHECK(web.labels == parser::StringMap{{"l", "1"}});
  CHECK_THAT(to_yaml(project), !Contains("env_file") && !Contains("label_file"));
}

TEST_CASE("load options: without resolving, environment and env_file are as written") {
  Folder folder;
  fill(folder);
  folder.options.resolve_environment = false;
  const parser::Project project = folder.load().project;
  const parser::Service& web = project.services.at("web");
  CHECK(web.environment == parser::StringMap{{"A", "own"}});
  CHECK(web.unset_environment == std::set<std::string>{"OUTSIDE"});
  CHECK_THAT(to_yaml(project), Contains("    environment:\n      A: own\n      OUTSIDE: null\n    env_file:\n"
                                        "      - path: " +
                                        folder.path +
                                        "/a.env\n"
                                        "      - path: " +
                                        folder.path +
                                        "/b.env\n"
                                        "        required: false\n        format: raw\n"));
  CHECK_THAT(to_yaml(project), Contains("    label_file:\n      - " + folder.path + "/web.labels\n"));
}

TEST_CASE("load options: a missing env file matters only when it is read") {
  Folder folder;
  folder.options.resolve_environment = false;
  CHECK_NOTHROW(folder.load("services:\n  web: {image: x, env_file: none.env}\n"));
}

TEST_CASE("load options: without consistency, what is undefined or contradicts itself is no error") {
  Folder folder;
  folder.options.check_consistency = false;
  const parser::Project project =
      folder.load("services:\n  web: {depends_on: [gone], networks: [none], volumes: ['v:/v', '/v']}\n")
          .project;
  CHECK(project.services.at("web").depends_on.count("gone") == 1);
  CHECK_THAT(folder.errors("services:\n  web: {image: x, cpus: many}\n"), Contains("must be a number"));
}

TEST_CASE("load options: without normalising, nothing is implied and names are the written ones") {
  Folder folder;
  folder.options.normalize = false;
  const parser::Project project =
      folder
          .load(
              "services:\n  web: {image: x, links: [db], volumes: ['data:/data'], networks: [n]}\n"
              "  db: {image: x}\nvolumes: {data: }\nnetworks: {n: {name: own}}\n")
          .project;
  CHECK(project.services.at("web").depends_on.empty());
  CHECK(project.services.at("db").networks.empty());
  CHECK(project.networks.at("n").name == "own");
  CHECK(project.volumes.at("data").name.empty());
  CHECK_THAT(to_yaml(project), !Contains("default") && Contains("  data: {}"));
  CHECK_THAT(folder.errors("services:\n  web: {image: x, links: [gone]}\n"),
             Contains("'gone' is not defined"));
}

namespace {

// Everything that containers are made from beside the Compose file is missing.
constexpr const char* kNothingThere =
    "services:\n"
    "  web:\n"
    "    image: 'app:${TAG}'\n"
    "    env_file: web.env\n"
    "    label_file: web.labels\n"
    "    secrets: [token]\n"
    "  db: {image: db}\n"
    "  worker: {image: db, depends_on: [web]}\n"
    "secrets: {token: {environment: TOKEN}}\n";

std::string warnings(const parser::LoadResult& result) {
  std::string text;
  for (const auto& warning : result.warnings) text += warning.to_string() + "\n";
  return text;
}

}  // namespace

TEST_CASE(
    "load options: files that containers are made from must be there, for variables there is a warning") {
  Folder folder;
  CHECK(folder.errors(kNothingThere) ==
        "compose.yaml:3:12: warning: services.web.image: variable 'TAG' is not set, empty text is used\n"
        "compose.yaml:3:12: warning: services.web.image: invalid image name 'app:': the tag after \":\" is "
        "empty\n"
        "compose.yaml:4:15: services.web.env_file[0]: web.env: no such file; create it, or write {path: "
        "web.env, required: false}\n"
        "compose.yaml:5:17: services.web.label_file[0]: web.labels: no such file\n"
        "compose.yaml:9:32: warning: secrets.token.environment: variable 'TOKEN' is not set\n");
}

TEST_CASE("load options: what another service than the selected ones is made from may be missing") {
  Folder folder;
  folder.options.selected = {"db"};
  CHECK(folder.errors(kNothingThere) == "loaded");
  folder.options.selected = {"worker"};
  CHECK(folder.errors(kNothingThere).find("web.env: no such file") != std::string::npos);
}

TEST_CASE("load options: files of a service that is not selected are read where they are") {
  Folder folder;
  folder.options.selected = {"db"};
  folder.write("web.env", "A=1\n");
  CHECK(folder.load(kNothingThere).project.services.at("web").environment.at("A") == "1");
}

TEST_CASE("load options: without resolving, nothing that containers are made from is looked at") {
  Folder folder;
  folder.options.resolve_environment = false;
  CHECK(warnings(folder.load(kNothingThere)) ==
        "compose.yaml:3:12: warning: services.web.image: variable 'TAG' is not set, empty text is used\n");
  CHECK(folder.errors("services: {web: {image: Web}}\n").find("must be lower case") != std::string::npos);
}

TEST_CASE("load options: two services of one host port may be there when one is asked for, or none is made") {
  Folder folder;
  const char* const file =
      "services: {a: {image: x, ports: ['80:80']}, b: {image: x, ports: ['80:80']}, c: {image: x}}\n";
  CHECK(folder.errors(file).find("host port 80/tcp is taken by service 'a'") != std::string::npos);
  folder.options.selected = {"b", "c"};
  CHECK(folder.errors(file) == "loaded");
  folder.options.selected.clear();
  folder.options.resolve_environment = false;
  CHECK(folder.errors(file) == "loaded");
}
