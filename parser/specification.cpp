#include "parser/specification.h"

namespace parser {

namespace {

std::unique_ptr<Specification>& child(Specification& parent, std::string_view step) {
  if (step == "*") return parent.any_name;
  if (step == "[]") return parent.item;
  return parent.names[std::string(step)];
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return parts;
}

void add(Specification& root, const Attribute& attribute) {
  Specification* place = &root;
  for (const std::string& step : split(attribute.path, '.')) {
    std::unique_ptr<Specification>& next = child(*place, step);
    if (!next) next = std::make_unique<Specification>();
    place = next.get();
  }
  place->types = attribute.types;
  place->support = attribute.support;
  place->values = split(attribute.values, '|');
}

}  // namespace

const Specification* Specification::find(std::string_view name) const {
  const auto found = names.find(name);
  return found == names.end() ? any_name.get() : found->second.get();
}

std::vector<std::string> Specification::known_names() const {
  std::vector<std::string> result;
  result.reserve(names.size());
  for (const auto& [name, unused] : names) result.push_back(name);
  return result;
}

const Specification& specification() {
  static const Specification kRoot = [] {
    Specification root;
    for (const auto* table :
         {&top_level_attributes(), &service_attributes_a_to_d(), &service_attributes_e_to_z()})
      for (const Attribute& attribute : *table) add(root, attribute);
    return root;
  }();
  return kRoot;
}

}  // namespace parser
