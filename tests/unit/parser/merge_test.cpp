#include <catch2/catch.hpp>

#include "load_fixture.h"

namespace {

// `base` with `over` laid on it, both bodies of service `web`.
parser::Service merged(const std::string& base, const std::string& over) {
  Folder folder;
  folder.write("a.yml", "services:\n  web:\n    image: x\n" + base);
  folder.write("b.yml", "services:\n  web:\n" + over);
  folder.options.files = {"a.yml", "b.yml"};
  return folder.load().project.services.at("web");
}

}  // namespace

TEST_CASE("merge: lists append and become unique by what identifies an item") {
  CHECK(merged("    expose: ['1', '2']\n", "    expose: ['2', '3']\n").expose ==
        std::vector<std::string>{"1", "2", "3"});
  const auto mounts = merged("    volumes: ['./a:/x', './b:/y']\n", "    volumes: ['./c:/x:ro']\n").volumes;
  REQUIRE(mounts.size() == 2);
  CHECK(mounts[0].source.ends_with("/c"));
  CHECK(mounts[0].read_only);
}

TEST_CASE("merge: a port of the same key replaces, another host port adds") {
  CHECK(merged("    ports: ['80:80']\n", "    ports: ['80:80/tcp']\n").ports.size() == 1);
  CHECK(merged("    ports: ['80:80']\n", "    ports: ['81:80']\n").ports.size() == 2);
  CHECK(merged("    ports: ['80:80']\n", "    ports: !override ['81:80']\n").ports.size() == 1);
}

TEST_CASE("merge: list and map forms mix by name") {
  const auto environment =
      merged("    environment: [A=1, B=2]\n", "    environment: {B: 3, C: 4}\n").environment;
  CHECK(environment == parser::StringMap{{"A", "1"}, {"B", "3"}, {"C", "4"}});
  const auto needed = merged("    links: [web2]\n", "    links: [web2:alias]\n  web2: {image: y}\n");
  CHECK(needed.links.size() == 2);
  CHECK(needed.depends_on.count("web2") == 1);
}

TEST_CASE(
    "merge: command, entrypoint and health test are replaced whole; null clears them, and keeps others") {
  const auto service = merged(
      "    command: [a, b]\n    entrypoint: [e]\n    user: u\n    healthcheck: {test: [CMD, a, b], interval: "
      "1s}\n",
      "    command: [c]\n    entrypoint:\n    user:\n    healthcheck: {test: d}\n");
  CHECK(service.command == std::vector<std::string>{"c"});
  CHECK_FALSE(service.entrypoint);
  CHECK(service.user == "u");
  CHECK(service.healthcheck->test == std::vector<std::string>{"CMD-SHELL", "d"});
  CHECK(service.healthcheck->interval == std::chrono::seconds(1));
}

TEST_CASE("merge: a short build and a long one are one build") {
  const auto build = *merged("    build: ./dir\n", "    build: {target: dev, args: [A=1, B]}\n").build;
  CHECK(build.context.ends_with("/dir"));
  CHECK(build.target == "dev");
  CHECK(build.args == parser::OptionalMap{{"A", "1"}});  // B is set nowhere
}

TEST_CASE("merge: reset takes a value away, override uses the later one alone") {
  const auto service =
      merged("    ports: ['1:1']\n    labels: {a: b, c: d}\n    environment: {A: 1}\n    user: u\n",
             "    ports: !reset []\n    labels: {a: !reset null}\n    environment: !override {B: 2}\n"
             "    user: !reset null\n");
  CHECK(service.ports.empty());
  CHECK(service.labels == parser::StringMap{{"c", "d"}});
  CHECK(service.environment == parser::StringMap{{"B", "2"}});
  CHECK(service.user.empty());
}

TEST_CASE("merge: reset of a whole service or network removes it") {
  Folder folder;
  folder.write("a.yml", "services: {web: {image: x}, old: {image: y, networks: [n]}}\nnetworks: {n: }\n");
  folder.write("b.yml", "services: {old: !reset null}\nnetworks: !reset {}\n");
  folder.options.files = {"a.yml", "b.yml"};
  const auto project = folder.load().project;
  CHECK(project.services.size() == 1);
  CHECK(project.networks.size() == 1);
}

TEST_CASE("merge: a value that a later file replaces still has to be of the right type") {
  Folder folder;
  folder.write("a.yml", "services: {web: {image: x, privileged: [yes]}}\n");
  folder.write("b.yml", "services: {web: {privileged: true}}\n");
  folder.options.files = {"a.yml", "b.yml"};
  CHECK(folder.errors().find("a.yml:1:40: services.web.privileged: must be a string or true or false") == 0);
}

TEST_CASE("merge: errors of all files come in one run, in the order of the files") {
  Folder folder;
  folder.write("a.yml", "services: {web: {Image: x}}\n");
  folder.write("b.yml", "services: {web: {prots: ['80']}, db: {image: y, restart: allways}}\n");
  folder.options.files = {"b.yml", "a.yml"};
  CHECK(folder.errors() ==
        "b.yml:1:18: services.web: unknown attribute 'prots', did you mean 'ports'?\n"
        "b.yml:1:58: services.db.restart: unknown restart policy 'allways', did you mean 'always'?\n"
        "a.yml:1:18: services.web: unknown attribute 'Image', did you mean 'image'?\n");
}
