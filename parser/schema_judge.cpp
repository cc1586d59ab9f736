#include "parser/schema_judge.h"

#include <algorithm>
#include <map>
#include <unordered_set>
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

// Whether it asks for scalars of some types and for nothing else.
bool is_plain(const Specification* rule) {
  return rule != nullptr && !rule->types.has(Type::kList) && !rule->types.has(Type::kMap) &&
         rule->values.empty();
}

// A list's items, and the values of a map whose names are free, are scalars of some types. Half the values of
// a usual file are such, and for each of them the library would make a visitor and a context.
struct Scalars : NodeConstraint<Scalars> {
  explicit Scalars(const Specification& spec) : rule(&spec) {}
  static constexpr const char* kComplaint = "a value in it is of a type that may not stand there";
  static bool apply_to_values(const Specification& spec) {
    return spec.names.empty() && is_plain(spec.any_name);
  }
  bool holds(const NodeValue& value) const {
    if (const auto items = value.getArrayOptional(); items && is_plain(rule->item))
      for (const NodeAdapter& item : *items)
        if (!fits(item.value(), *rule->item)) return false;
    if (const auto entries = value.getObjectOptional(); entries && apply_to_values(*rule))
      for (const NodeMember& entry : *entries)
        if (!fits(entry.second.value(), *rule->any_name)) return false;
    return true;
  }
  static bool fits(const NodeValue& value, const Specification& wanted) {
    return value.isNull() || value.is_any(wanted.types);
  }
  const Specification* rule;  // it stays
};

constexpr std::pair<Type, constraints::TypeConstraint::JsonType> kJsonTypes[] = {
    {Type::kString, constraints::TypeConstraint::kString},
    {Type::kInteger, constraints::TypeConstraint::kInteger},
    {Type::kNumber, constraints::TypeConstraint::kNumber},
    {Type::kBoolean, constraints::TypeConstraint::kBoolean},
    {Type::kList, constraints::TypeConstraint::kArray},
    {Type::kMap, constraints::TypeConstraint::kObject},
};

using Vocabulary = std::unordered_set<std::string_view>;

void collect_names(const Node& node, Vocabulary& names) {
  for (const Entry& entry : node.entries) {
    names.insert(entry.key);
    collect_names(entry.value, names);
  }
  for (const Node& item : node.items) collect_names(item, names);
}

// The Specification as constraints, but for names that the document has nowhere: to make them all, and to
// look for each in every map, costs more than all the rest of the judging. A part that several places share
// is made once.
class Judge {
 public:
  explicit Judge(const Node& document) {
    collect_names(document, vocabulary_);
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
    const bool plain_items = is_plain(spec.item);
    const bool plain_values = Scalars::apply_to_values(spec);
    if (plain_items || plain_values) schema_.addConstraintToSubschema(Scalars(spec), place);
    if (spec.types.has(Type::kMap) && !plain_values) add_names(place, spec);
    if (spec.item != nullptr && !plain_items) {
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
    for (const auto& [name, rule] : spec.names)
      if (vocabulary_.count(name) != 0) names.addPropertySubschema(std::string(name), make(*rule));
    if (spec.any_name != nullptr)
      names.setAdditionalPropertiesSubschema(make(*spec.any_name));
    else if (spec.extensions)
      names.setAdditionalPropertiesSubschema(extension_);
    schema_.addConstraintToSubschema(names, place);
  }

  Vocabulary vocabulary_;
  valijson::Schema schema_;
  const valijson::Subschema* extension_ = schema_.createSubschema();
  std::map<const Specification*, const valijson::Subschema*> made_;
};

bool validate(const Node& document, valijson::ValidationResults* results) {
  const Judge judge(document);
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  return validator.validate(judge.schema(), NodeAdapter(NodeValue(document)), results);
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
