#include "parser/node_json.h"

#include <nlohmann/json.hpp>

#include "parser/units.h"

namespace parser {

nlohmann::ordered_json json_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return nullptr;
    case Node::Kind::kSequence: {
      auto list = nlohmann::ordered_json::array();
      for (const Node& item : node.items) list.push_back(json_of(item));
      return list;
    }
    case Node::Kind::kMap: {
      auto map = nlohmann::ordered_json::object();
      for (const Entry& entry : node.entries) map[entry.key] = json_of(entry.value);
      return map;
    }
    case Node::Kind::kScalar:
      break;
  }
  switch (scalar_type(node)) {
    case ScalarType::kBoolean:
      return *read_boolean(node.text);
    case ScalarType::kInteger:
      if (const auto value = read_integer(node.text)) return *value;
      return node.text;
    case ScalarType::kFloat:
      if (const auto value = read_number(node.text)) return *value;
      return node.text;
    case ScalarType::kString:
      break;
  }
  return node.text;
}

}  // namespace parser
