// What the schema stage does with documents that are not yet merged, and the check for version 3.
#include "parser/schema.h"

#include <catch2/catch.hpp>

#include "load_fixture.h"
#include "parser/schema_judge.h"
#include "parser/yaml.h"

namespace {

parser::Node read(const std::string& text, parser::Report& report) {
  std::vector<parser::Node> documents = parser::load_yaml(report.add_source("compose.yaml", text), report);
  REQUIRE(documents.size() == 1);
  return documents[0];
}

std::string errors_of(const std::string& text) {
  parser::Report report;
  parser::Node document = read(text, report);
  parser::check_schema(document, report);
  std::string errors;
  for (const parser::Diagnostic& diagnostic : report.diagnostics()) errors += diagnostic.to_string() + "\n";
  return errors;
}

std::string outside_version_3(const std::string& text) {
  parser::Report report;
  const parser::Node document = read(text, report);
  std::string found;
  for (const parser::Diagnostic& diagnostic : parser::check_version_3(document)) {
    CHECK(diagnostic.severity == parser::Severity::kWarning);
    found += diagnostic.to_string() + "\n";
  }
  return found;
}

}  // namespace

TEST_CASE("schema: in an override a known name may have no value or be tagged !reset, an unknown one not") {
  CHECK(
      errors_of("services:\n  web:\n    ports:\n    cgroup:\n    healthcheck: !reset 5\n    labels: {a: }\n")
          .empty());
  CHECK(errors_of("services:\n  web:\n    nonsense:\n    rubbish: !reset {}\n") ==
        "compose.yaml:3:5: services.web: unknown attribute 'nonsense'\n"
        "compose.yaml:4:5: services.web: unknown attribute 'rubbish'\n");
}

TEST_CASE("schema: an item of a list cannot be nothing or tagged") {
  CHECK(errors_of("services:\n  web:\n    ports:\n      -\n      - !reset 80\n") ==
        "compose.yaml:5:7: services.web.ports[0]: empty item in the list; give it a value or remove the '-'\n"
        "compose.yaml:5:9: services.web.ports[1]: !reset and !override work on a whole attribute, not on an "
        "item\n");
}

TEST_CASE("schema: a poisoned value is taken out without a word") {
  parser::Report report;
  parser::Node document = read("services:\n  web:\n    image: x\n    user: y\n    dns: [a]\n", report);
  parser::Node& given = *document.find("services")->find("web");
  given.find("image")->poisoned = true;
  given.find("dns")->items[0].poisoned = true;
  parser::check_schema(document, report);
  CHECK(report.diagnostics().empty());
  const parser::Node& web = *document.find("services")->find("web");
  CHECK(web.find("image") == nullptr);
  CHECK(web.find("user") != nullptr);
  CHECK(web.find("dns")->items.empty());
  CHECK(web.damaged);
}

TEST_CASE("schema: x- names are free where names are fixed, and ordinary names where any name may stand") {
  CHECK(errors_of("x-a: [1]\nservices:\n  web: {x-b: {c: }, deploy: {x-d: 1}, build: {x-e: }}\n").empty());
  CHECK(errors_of("services:\n  x-web: {imag: x}\n") ==
        "compose.yaml:2:11: services.x-web: unknown attribute 'imag', did you mean 'image'?\n");
  CHECK(errors_of("services:\n  web:\n    environment: {x-a: [1]}\n") ==
        "compose.yaml:3:24: services.web.environment.x-a: must be a string, not a list\n");
}

TEST_CASE("schema: a duration that is a number lacks its unit") {
  CHECK(errors_of("services: {web: {stop_grace_period: 5}}\n") ==
        "compose.yaml:1:37: services.web.stop_grace_period: duration '5' has no unit, did you mean '5s'?\n");
}

TEST_CASE("schema: attributes that the engine does not honour are no error here") {
  CHECK(errors_of("services:\n  web:\n    image: x\n    secrets: [a]\n    gpus: [{capabilities: [gpu]}]\n"
                  "    pre_start: [{command: [x], per_replica: true}]\n    storage_opt: {size: 1g}\n"
                  "    deploy: {placement: {preferences: [{spread: a}]}}\nsecrets: {a: {file: x}}\n")
            .empty());
}

TEST_CASE("schema: a refusal of the library has the innermost place") {
  parser::Report report;
  const parser::Node document =
      read("services:\n  web:\n    image: x\n    ports: [80, {target: [1]}]\n", report);
  const parser::Refusal refusal = parser::explain_refusal(document);
  CHECK(refusal.path.to_string() == "services.web.ports[1].target");
  CHECK(refusal.node->mark().line == 4);
  CHECK(refusal.node->mark().column == 26);
  CHECK_FALSE(refusal.message.empty());
}

TEST_CASE("schema: a file of version 3 lies inside of version 3") {
  CHECK(outside_version_3(
            "version: '3.8'\nx-a: 1\nservices:\n  web:\n    image: x\n    ports: ['80:80', {target: 80, "
            "mode: host}]\n"
            "    deploy: {replicas: 2, update_config: {order: start-first}, resources: {limits: {cpus: "
            "'0.5'}}}\n"
            "    networks: {front: {aliases: [a]}}\n    environment: {A: 1, B: }\n    depends_on: [db]\n"
            "  db: {image: y, secrets: [s], stop_grace_period: !reset 5}\n"
            "networks: {front: }\nsecrets: {s: {external: true}}\n")
            .empty());
}

TEST_CASE("schema: what lies outside of version 3 is told with its place") {
  CHECK(
      outside_version_3(
          "name: a\nservices:\n  web:\n    image: x\n    mem_limit: 1g\n    depends_on: {db: {condition: "
          "service_healthy}}\n"
          "    build: {context: ., ssh: [default]}\n    environment: {A: true}\n"
          "    volumes: [{type: image, source: a, target: /b}]\n  db: {image: y}\nmodels: {}\n") ==
      "compose.yaml:1:1: warning: attribute 'name' is not part of file format version 3\n"
      "compose.yaml:5:5: warning: services.web: attribute 'mem_limit' is not part of file format version 3\n"
      "compose.yaml:6:17: warning: services.web.depends_on: a map is not allowed here in file format version "
      "3\n"
      "compose.yaml:7:25: warning: services.web.build: attribute 'ssh' is not part of file format version 3\n"
      "compose.yaml:8:22: warning: services.web.environment.A: the boolean true is not allowed here in file "
      "format version 3\n"
      "compose.yaml:9:22: warning: services.web.volumes[0].type: 'image' is not part of file format version "
      "3\n"
      "compose.yaml:11:1: warning: attribute 'models' is not part of file format version 3\n");
}

TEST_CASE("schema: x- names are kept in the output") {
  Folder folder;
  const auto project =
      folder
          .load(
              "x-top: {a: [1, 'b']}\nservices:\n  web:\n    image: x\n    x-own: $$5\n"
              "    deploy: {x-deep: 1, replicas: 1}\n    networks: [n]\nnetworks: {n: {x-net: true}}\n")
          .project;
  CHECK(project.extensions.at("x-top") == R"({"a":[1,"b"]})");
  CHECK(project.services.at("web").extensions.at("x-own") == R"("$5")");
  CHECK(project.networks.at("n").extensions.at("x-net") == "true");
  CHECK(to_yaml(project).find("x-own: $$5") != std::string::npos);
}

TEST_CASE(
    "schema: a text in place of true or false passes here, as a variable may, and is refused when read") {
  Folder folder;
  CHECK(
      folder.errors("services:\n  a: {image: x, depends_on: {b: {required: maybe}}}\n  b: {image: x}\n") ==
      "compose.yaml:2:44: services.a.depends_on.b.required: must be true or false, not the string 'maybe'\n");
}
