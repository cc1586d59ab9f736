#include "parser/specification.h"

#include <algorithm>
#include <iterator>

#include "parser/units.h"

namespace parser {

namespace {

constexpr Type kTypes[] = {Type::kNull,    Type::kString, Type::kInteger, Type::kNumber,
                           Type::kBoolean, Type::kList,   Type::kMap};

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
  return std::any_of(std::begin(kTypes), std::end(kTypes),
                     [&](Type type) { return types.has(type) && satisfies(node, type); });
}

const Specification* Specification::find(std::string_view name) const {
  const auto found =
      std::lower_bound(names.begin(), names.end(), name,
                       [](const Name& one, std::string_view other) { return one.name < other; });
  return found == names.end() || found->name != name ? any_name : found->rule;
}

std::vector<std::string> Specification::known_names() const {
  std::vector<std::string> result;
  result.reserve(names.size());
  for (const Name& one : names) result.emplace_back(one.name);
  return result;
}

}  // namespace parser
