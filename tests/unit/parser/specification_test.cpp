// The schema files themselves, and that the program's reading of them is theirs. The places and types of all
// attributes stand once more in attributes.txt, taken from the Compose Specification by hand and not from the
// schema.
#include "parser/specification.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "attribute_samples.h"
#include "parser/schema.h"
#include "parser/schema_judge.h"
#include "parser/yaml.h"
#include "places.h"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json read_schema(const std::string& name) {
  std::ifstream file(places::source("schemas/" + name));
  return json::parse(file);
}

// Calls `visit` for each schema below and including `schema`, with where it stands.
void each_schema(const json& schema, const std::string& place,
                 const std::function<void(const json&, const std::string&)>& visit) {
  visit(schema, place);
  for (const char* group : {"properties", "definitions", "patternProperties"}) {
    if (!schema.contains(group)) continue;
    for (const auto& [name, below] : schema[group].items()) each_schema(below, place + "/" + name, visit);
  }
  for (const char* one : {"items", "additionalProperties"})
    if (schema.contains(one) && schema[one].is_object()) each_schema(schema[one], place + "/" + one, visit);
}

// Compares a part of the table with the schema it was made of, and all below it; each definition once.
class Comparison {
 public:
  explicit Comparison(const json& document) : definitions_(document.at("definitions")) {}

  void compare(const json& given, const parser::Specification& spec, const std::string& place) {
    INFO(place);
    std::string reference;
    if (given.contains("$ref")) {
      reference = given["$ref"].get<std::string>().substr(std::string("#/definitions/").size());
      const auto [found, added] = seen_.try_emplace(reference, &spec);
      CHECK(found->second == &spec);
      if (!added) return;
    }
    const json& schema = reference.empty() ? given : definitions_.at(reference);
    ++compared_;
    const json types = schema.value("type", json::array());
    for (const auto& [name, type] : kTypes)
      CHECK(spec.types.has(type) ==
            (types.is_array() ? std::count(types.begin(), types.end(), name) > 0 : types == name));
    CHECK(spec.duration == (reference == "duration"));
    CHECK(spec.extensions == schema.contains("patternProperties"));
    CHECK(std::vector<std::string>(spec.values.begin(), spec.values.end()) ==
          schema.value("enum", std::vector<std::string>()));
    compare_below(schema, "items", spec.item, place);
    compare_below(schema, "additionalProperties", spec.any_name, place);
    const json properties = schema.value("properties", json::object());
    CHECK(spec.names.size() == properties.size());
    for (const auto& [name, below] : properties.items()) {
      const parser::Specification* rule = spec.find(name);
      REQUIRE(rule != nullptr);
      compare(below, *rule, place + "/" + name);
    }
    CHECK(spec.find("no such name") == spec.any_name);
  }
  int compared() const { return compared_; }

 private:
  void compare_below(const json& schema, const char* key, const parser::Specification* spec,
                     const std::string& place) {
    const bool wanted = schema.contains(key) && schema[key].is_object();
    REQUIRE((spec != nullptr) == wanted);
    if (wanted) compare(schema[key], *spec, place + "/" + key);
  }

  static constexpr std::pair<const char*, parser::Type> kTypes[] = {
      {"null", parser::Type::kNull},       {"string", parser::Type::kString},
      {"integer", parser::Type::kInteger}, {"number", parser::Type::kNumber},
      {"boolean", parser::Type::kBoolean}, {"array", parser::Type::kList},
      {"object", parser::Type::kMap},
  };
  const json& definitions_;
  std::map<std::string, const parser::Specification*> seen_;
  int compared_ = 0;
};

struct Verdicts {
  bool judge = false;      // valijson accepts
  bool explainer = false;  // the walk finds nothing
};

Verdicts verdicts(const std::string& text) {
  parser::Report report;
  std::vector<parser::Node> documents = parser::load_yaml(report.add_source("compose.yaml", text), report);
  REQUIRE(documents.size() == 1);
  REQUIRE_FALSE(report.failed());
  const bool accepted = parser::schema_accepts(documents[0]);
  return {accepted, !parser::explain_and_mend(documents[0], report)};
}

void collect_places(const parser::Specification& spec, const std::string& place,
                    std::set<std::string>& places) {
  const auto enter = [&](const std::string& step, const parser::Specification& below) {
    const std::string name = place.empty() ? step : place + "." + step;
    places.insert(name);
    collect_places(below, name, places);
  };
  for (const auto& [name, below] : spec.names) enter(std::string(name), *below);
  if (spec.any_name != nullptr) enter("*", *spec.any_name);
  if (spec.item != nullptr) enter("[]", *spec.item);
}

}  // namespace

TEST_CASE(
    "specification: the schema files are JSON Schemas of draft-07, closed, and tell what each name is for") {
  for (const std::string name : {"compose-spec.json", "compose-v3.json"}) {
    const json document = read_schema(name);
    CHECK(document.at("$schema") == "http://json-schema.org/draft-07/schema#");
    CHECK(document.at("$id") == name);
    CHECK(document.at("title").is_string());
    const std::set<std::string> types = {"null", "string", "integer", "number", "boolean", "array", "object"};
    each_schema(document, name, [&](const json& schema, const std::string& place) {
      INFO(place);
      if (schema.contains("$ref")) {
        const std::string target =
            schema["$ref"].get<std::string>().substr(std::string("#/definitions/").size());
        CHECK(document.at("definitions").contains(target));
      } else if (!schema.empty()) {
        const json given = schema.at("type").is_array() ? schema["type"] : json::array({schema["type"]});
        for (const json& type : given) CHECK(types.count(type.get<std::string>()) == 1);
        const bool map = std::count(given.begin(), given.end(), "object") > 0;
        const bool list = std::count(given.begin(), given.end(), "array") > 0;
        CHECK(schema.contains("additionalProperties") == map);
        CHECK(schema.contains("items") == list);
        if (schema.contains("properties")) {
          CHECK(schema["additionalProperties"] == false);
          CHECK(schema["patternProperties"] == json{{"^x-", json::object()}});
        }
        // What stands for a number may come from a variable.
        const bool scalar = std::any_of(given.begin(), given.end(), [](const json& type) {
          return type == "integer" || type == "number" || type == "boolean";
        });
        if (scalar) CHECK(std::count(given.begin(), given.end(), "string") == 1);
      }
      if (!schema.contains("properties")) return;
      for (const auto& [attribute, below] : schema["properties"].items()) {
        INFO(attribute);
        CHECK((below.contains("description") || below.contains("$ref")));
      }
    });
  }
}

TEST_CASE("specification: the program's constants are what the schema files say") {
  for (const auto& [name, spec] : {std::pair("compose-spec.json", &parser::specification()),
                                   std::pair("compose-v3.json", &parser::version_3_specification())}) {
    const json document = read_schema(name);
    Comparison comparison(document);
    comparison.compare(document, *spec, name);
    CHECK(comparison.compared() > 100);
  }
}

TEST_CASE("specification: the schema knows the attributes of the list, and no others") {
  std::set<std::string> known;
  collect_places(parser::specification(), "", known);
  std::set<std::string> listed;
  for (const Line& line : read_attributes()) listed.insert(line.place);
  CHECK(listed.size() > 450);
  CHECK(known == listed);
}

TEST_CASE("specification: each attribute takes its types and no other; judge and explainer agree on it") {
  const std::vector<Line> lines = read_attributes();
  for (const Line& line : lines) {
    for (const std::string& word : line.words) {
      const std::string text = document_with(line.place, "\"" + word + "\"");
      INFO(text);
      const Verdicts found = verdicts(text);
      CHECK(found.judge);
      CHECK(found.explainer);
    }
    for (const Sample& sample : kSamples) {
      if (is_undecided(sample, lines, line)) continue;
      const std::string text = document_with(line.place, sample.value);
      INFO(text);
      const bool wanted = fits(sample, line);
      const Verdicts found = verdicts(text);
      CHECK(found.judge == wanted);
      CHECK(found.explainer == wanted);
    }
  }
}

TEST_CASE("specification: judge and explainer agree on every file of the golden cases") {
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(fs::path(places::source("tests/golden/parser")))) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".yaml" && extension != ".yml") continue;
    INFO(entry.path().string());
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    parser::Report report;
    for (parser::Node& document : parser::load_yaml(report.add_source("compose.yaml", text.str()), report)) {
      if (!document.is_map()) continue;
      parser::Report explained;
      const bool accepted = parser::schema_accepts(document);
      CHECK(accepted == !parser::explain_and_mend(document, explained));
      CHECK(parser::schema_accepts(document));  // mended
    }
  }
}
