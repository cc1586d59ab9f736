#include "parser/variables.h"

namespace parser {

namespace {

void add(std::map<std::string, VariableUse>& all, VariableUse use) {
  const auto [place, fresh] = all.emplace(use.name, use);
  if (fresh) return;
  VariableUse& known = place->second;
  known.required |= use.required;
  if (!known.fallback) known.fallback = std::move(use.fallback);
  if (!known.alternative) known.alternative = std::move(use.alternative);
}

void collect(const Node& node, std::map<std::string, VariableUse>& all) {
  if (node.is_scalar() && node.text.find('$') != std::string::npos) {
    try {
      for (VariableUse& use : variable_uses(node.text)) add(all, std::move(use));
    } catch (const TemplateError&) {
      // Told when the files are loaded.
    }
  }
  for (const Node& item : node.items) collect(item, all);
  for (const Entry& entry : node.entries) collect(entry.value, all);
}

}  // namespace

std::map<std::string, VariableUse> variables_in(const Node& tree) {
  std::map<std::string, VariableUse> all;
  collect(tree, all);
  return all;
}

}  // namespace parser
