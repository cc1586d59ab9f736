#include "parser/schema_judge.h"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "parser/node_adapter.h"

namespace parser {

namespace {

using nlohmann::json;
using valijson::adapters::NlohmannJsonAdapter;

constexpr const char* kExtension = "extension";

// The keyword `extension`: the value's name begins with "x-".
class ExtensionConstraint : public valijson::constraints::PolyConstraint {
 public:
  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const override {
    if (dynamic_cast<const NodeAdapter&>(target).is_extension()) return true;
    if (results != nullptr) results->pushError(context, "this name is not known here");
    return false;
  }

 private:
  Constraint* cloneInto(void* place) const override { return new (place) ExtensionConstraint(*this); }
  size_t sizeOf() const override { return sizeof(*this); }
};

class ExtensionBuilder : public valijson::ConstraintBuilder {
 public:
  valijson::constraints::Constraint* make(const valijson::adapters::Adapter&) const override {
    return new ExtensionConstraint();
  }
};

json prepare(const json& schema);

json prepare_each(const json& schemas) {
  json result = json::object();
  for (const auto& [name, schema] : schemas.items()) result.emplace(name, prepare(schema));
  return result;
}

json prepare(const json& schema) {
  json result = json::object();
  for (const auto& [key, value] : schema.items()) {
    if (key == "type") {
      json& types = result[key] = value.is_array() ? value : json::array({value});
      types.push_back("null");
    } else if (key == "enum") {
      (result[key] = value).push_back(nullptr);
    } else if (key == "patternProperties") {
      result["additionalProperties"] = {{kExtension, true}};
    } else if (key == "properties" || key == "definitions") {
      result[key] = prepare_each(value);
    } else if (key == "items" || (key == "additionalProperties" && value.is_object())) {
      result[key] = prepare(value);
    } else if (key == "$ref") {
      result[key] = value;
    }
  }
  return result;
}

const valijson::Schema& schema() {
  static const auto kSchema = [] {
    auto made = std::make_unique<valijson::Schema>();
    valijson::SchemaParser reader(valijson::SchemaParser::kDraft7);
    reader.addConstraintBuilder(kExtension, new ExtensionBuilder());  // the reader owns it
    const json document = prepare(specification_document());
    reader.populateSchema(NlohmannJsonAdapter(document), *made);
    return made;
  }();
  return *kSchema;
}

bool validate(const Node& document, valijson::ValidationResults* results) {
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  return validator.validate(schema(), NodeAdapter(NodeValue(document)), results);
}

// One step of a context, "[web]" or "[0]": follows it down from the refusal's node. False: there is none.
bool follow(const std::string& step, Refusal& refusal) {
  if (step.size() < 2 || step.front() != '[' || refusal.node == nullptr) return false;
  const std::string name = step.substr(1, step.size() - 2);
  if (refusal.node->is_sequence()) {
    const size_t index = std::stoul(name);
    if (index >= refusal.node->items.size()) return false;
    refusal.path = refusal.path.index(index);
    refusal.node = &refusal.node->items[index];
    return true;
  }
  const Node* below = refusal.node->find(name);
  if (below == nullptr) return false;
  refusal.path = refusal.path.key(name);
  refusal.node = below;
  return true;
}

}  // namespace

bool schema_accepts(const Node& document) {
  return validate(document, nullptr);
}

Refusal explain_refusal(const Node& document) {
  valijson::ValidationResults results;
  validate(document, &results);
  // Errors come from the inside out: the deepest one says most.
  Refusal refusal{&document, {}, "is not as the schema wants it"};
  valijson::ValidationResults::Error error;
  size_t deepest = 0;
  while (results.popError(error)) {
    if (error.context.size() <= deepest) continue;
    deepest = error.context.size();
    refusal = {&document, {}, error.description};
    for (size_t i = 1; i < error.context.size() && follow(error.context[i], refusal); ++i) continue;
  }
  return refusal;
}

}  // namespace parser
