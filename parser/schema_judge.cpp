#include "parser/schema_judge.h"

#include <algorithm>
#include <map>
#include <valijson/schema.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "parser/node_adapter.h"
#include "parser/specification.h"

namespace parser {

namespace {

namespace constraints = valijson::constraints;

// A constraint of ours: what it asks of a value, and what is said of one that does not keep to it.
template <typename Own>
class NodeConstraint : public constraints::PolyConstraint {
 public:
  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const override {
    const auto& own = static_cast<const Own&>(*this);
    if (own.holds(dynamic_cast<const NodeAdapter&>(target).value())) return true;
    if (results != nullptr) results->pushError(context, Own::kComplaint);
    return false;
  }

 private:
  Constraint* cloneInto(void* place) const override {
    return new (place) Own(static_cast<const Own&>(*this));
  }
  size_t sizeOf() const override { return sizeof(Own); }
};

// The value's name begins with "x-".
struct Extension : NodeConstraint<Extension> {
  static constexpr const char* kComplaint = "its name is not known here";
  bool holds(const NodeValue& value) const { return value.is_extension(); }
};

// A string is one of the words. (Not the library's EnumConstraint: that does not let null through.)
struct Words : NodeConstraint<Words> {
  explicit Words(std::span<const std::string_view> allowed) : words(allowed) {}
  static constexpr const char* kComplaint = "it is none of the words that may stand here";
  bool holds(const NodeValue& value) const {
    std::string text;
    return !value.getString(text) || value.is_templated() || std::count(words.begin(), words.end(), text) > 0;
  }
  std::span<const std::string_view> words;  // of a Specification, which stays
};

constexpr std::pair<Type, constraints::TypeConstraint::JsonType> kJsonTypes[] = {
    {Type::kString, constraints::TypeConstraint::kString},
    {Type::kInteger, constraints::TypeConstraint::kInteger},
    {Type::kNumber, constraints::TypeConstraint::kNumber},
    {Type::kBoolean, constraints::TypeConstraint::kBoolean},
    {Type::kList, constraints::TypeConstraint::kArray},
    {Type::kMap, constraints::TypeConstraint::kObject},
};

// The Specification as constraints; a part that several places share is made once.
class Judge {
 public:
  Judge() {
    schema_.addConstraintToSubschema(Extension(), extension_);
    fill(schema_.root(), specification());
  }
  const valijson::Schema& schema() const { return schema_; }

 private:
  const valijson::Subschema* make(const Specification& spec) {
    const auto [found, added] = made_.try_emplace(&spec, nullptr);
    if (!added) return found->second;
    const valijson::Subschema* place = found->second = schema_.createSubschema();
    fill(place, spec);
    return place;
  }

  void fill(const valijson::Subschema* place, const Specification& spec) {
    add_types(place, spec);
    if (!spec.values.empty()) schema_.addConstraintToSubschema(Words(spec.values), place);
    if (spec.types.has(Type::kMap)) add_names(place, spec);
    if (spec.item != nullptr) {
      constraints::SingularItemsConstraint items;
      items.setItemsSubschema(make(*spec.item));
      schema_.addConstraintToSubschema(items, place);
    }
  }

  void add_types(const valijson::Subschema* place, const Specification& spec) {
    constraints::TypeConstraint types;
    types.addNamedType(constraints::TypeConstraint::kNull);
    for (const auto& [ours, theirs] : kJsonTypes)
      if (spec.types.has(ours)) types.addNamedType(theirs);
    schema_.addConstraintToSubschema(types, place);
  }

  void add_names(const valijson::Subschema* place, const Specification& spec) {
    constraints::PropertiesConstraint names;
    for (const auto& [name, rule] : spec.names) names.addPropertySubschema(std::string(name), make(*rule));
    if (spec.any_name != nullptr)
      names.setAdditionalPropertiesSubschema(make(*spec.any_name));
    else if (spec.extensions)
      names.setAdditionalPropertiesSubschema(extension_);
    schema_.addConstraintToSubschema(names, place);
  }

  valijson::Schema schema_;
  const valijson::Subschema* extension_ = schema_.createSubschema();
  std::map<const Specification*, const valijson::Subschema*> made_;
};

bool validate(const Node& document, valijson::ValidationResults* results) {
  static const Judge kJudge;
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  return validator.validate(kJudge.schema(), NodeAdapter(NodeValue(document)), results);
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
