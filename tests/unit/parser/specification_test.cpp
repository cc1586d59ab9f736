#include <algorithm>
#include <catch2/catch.hpp>

#include "load_fixture.h"
#include "parser/specification.h"

using parser::Support;

TEST_CASE("specification: every attribute of a service is honoured or refused by name, never unknown") {
  const auto& service = *parser::specification().names.at("services")->any_name;
  CHECK(service.names.size() > 85);
  Folder folder;
  for (const auto& [name, rule] : service.names) {
    if (rule->support == Support::kNow) continue;
    INFO(name);
    const std::string errors = folder.errors("services:\n  web:\n    image: x\n    " + name + ": x\n");
    CHECK(errors == "compose.yaml:4:5: services.web: attribute '" + name + "' is not supported yet\n");
  }
}

TEST_CASE("specification: every parent of a row is a map or list that leads to it") {
  std::vector<parser::Attribute> rows;
  for (const auto* table : {&parser::top_level_attributes(), &parser::service_attributes_a_to_d(),
                            &parser::service_attributes_e_to_z()})
    rows.insert(rows.end(), table->begin(), table->end());
  for (const auto& row : rows) {
    const size_t dot = row.path.rfind('.');
    if (dot == std::string_view::npos) continue;
    const std::string_view parent = row.path.substr(0, dot);
    const auto wanted = row.path.substr(dot + 1) == "[]" ? parser::Type::kList : parser::Type::kMap;
    INFO(row.path);
    CHECK(std::any_of(rows.begin(), rows.end(), [&](const parser::Attribute& other) {
      return other.path == parent && other.types.has(wanted);
    }));
  }
}

TEST_CASE("specification: x- names are free everywhere and kept in the output") {
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
