#include "parser/specification.h"

#include <deque>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "parser/units.h"

namespace parser {

// schemas/*.json, see cmake/embed.cmake.
std::string_view specification_text();
std::string_view version_3_text();

namespace {

using nlohmann::json;

constexpr std::pair<std::string_view, Type> kTypeNames[] = {
    {"null", Type::kNull},     {"string", Type::kString},   {"integer", Type::kInteger},
    {"number", Type::kNumber}, {"boolean", Type::kBoolean}, {"array", Type::kList},
    {"object", Type::kMap},
};

Type type_named(const std::string& name) {
  for (const auto& [known, type] : kTypeNames)
    if (known == name) return type;
  throw std::logic_error("schema: unknown type " + name);
}

Types read_types(const json& value) {
  if (value.is_string()) return type_named(value.get_ref<const std::string&>());
  Types types;
  for (const json& name : value) types = types | type_named(name.get_ref<const std::string&>());
  return types;
}

// A schema as a tree. What is under `definitions` is made once and shared by all that refer to it.
class Tree {
 public:
  explicit Tree(std::string_view text) {
    const json document = json::parse(text);
    definitions_ = &document.at("definitions");
    root_ = read(document);
    definitions_ = nullptr;
  }
  const Specification& root() const { return *root_; }

 private:
  const Specification* refer(const std::string& reference) {
    constexpr std::string_view kPrefix = "#/definitions/";
    if (reference.rfind(kPrefix, 0) != 0) throw std::logic_error("schema: unknown reference " + reference);
    const std::string name = reference.substr(kPrefix.size());
    if (const auto found = defined_.find(name); found != defined_.end()) return found->second;
    Specification& made = nodes_.emplace_back();
    defined_[name] = &made;
    made.duration = name == "duration";
    fill(made, definitions_->at(name));
    return &made;
  }

  const Specification* read(const json& schema) {
    if (const auto reference = schema.find("$ref"); reference != schema.end())
      return refer(reference->get_ref<const std::string&>());
    if (schema.size() == 1 && schema.begin().key() == "type" && schema.begin()->is_string()) {
      const Specification*& shared = plain_[schema.begin()->get_ref<const std::string&>()];
      if (shared == nullptr) {
        Specification& made = nodes_.emplace_back();
        fill(made, schema);
        shared = &made;
      }
      return shared;
    }
    Specification& made = nodes_.emplace_back();
    fill(made, schema);
    return &made;
  }

  void fill(Specification& place, const json& schema) {
    for (const auto& [key, value] : schema.items()) {
      if (key == "type") {
        place.types = read_types(value);
      } else if (key == "enum") {
        place.values = value.get<std::vector<std::string>>();
      } else if (key == "properties") {
        for (const auto& [name, below] : value.items())
          place.names.emplace_hint(place.names.end(), name, read(below));
      } else if (key == "patternProperties") {
        if (value != json{{"^x-", json::object()}})
          throw std::logic_error("schema: a pattern other than ^x-");
        place.extensions = true;
      } else if (key == "additionalProperties") {
        if (value.is_object()) place.any_name = read(value);
      } else if (key == "items") {
        place.item = read(value);
      } else if (key != "description" && key != "examples" && key != "title" && key != "definitions" &&
                 key[0] != '$') {
        throw std::logic_error("schema: unknown keyword " + key);
      }
    }
  }

  const json* definitions_ = nullptr;  // while reading
  std::deque<Specification> nodes_;    // keeps addresses
  std::map<std::string, const Specification*> defined_;
  std::map<std::string, const Specification*> plain_;  // of one type and nothing else
  const Specification* root_ = nullptr;
};

}  // namespace

bool satisfies(const Node& node, Type type) {
  if (node.is_null()) return type == Type::kNull;
  if (node.is_sequence()) return type == Type::kList;
  if (node.is_map()) return type == Type::kMap;
  if (node.templated)  // any scalar, until its variables are known
    return type == Type::kString || type == Type::kInteger || type == Type::kNumber || type == Type::kBoolean;
  const ScalarType own = scalar_type(node);
  switch (type) {
    case Type::kString:
      return own == ScalarType::kString;
    case Type::kInteger:
      return own == ScalarType::kInteger || (own == ScalarType::kString && read_integer(node.text));
    case Type::kNumber:
      return own == ScalarType::kInteger || own == ScalarType::kFloat ||
             (own == ScalarType::kString && read_number(node.text));
    case Type::kBoolean:
      return own == ScalarType::kBoolean || (own == ScalarType::kString && read_boolean(node.text));
    default:
      return false;
  }
}

bool satisfies_any(const Node& node, Types types) {
  for (const auto& [name, type] : kTypeNames)
    if (types.has(type) && satisfies(node, type)) return true;
  return false;
}

const Specification* Specification::find(std::string_view name) const {
  const auto found = names.find(name);
  return found == names.end() ? any_name : found->second;
}

std::vector<std::string> Specification::known_names() const {
  std::vector<std::string> result;
  result.reserve(names.size());
  for (const auto& [name, unused] : names) result.push_back(name);
  return result;
}

const Specification& specification() {
  static const Tree kTree(specification_text());
  return kTree.root();
}

const Specification& version_3_specification() {
  static const Tree kTree(version_3_text());
  return kTree.root();
}

}  // namespace parser
