#include "parser/load.h"
#include "parser/output_tree.h"
#include "parser/yaml_writer.h"

namespace parser {

namespace {

// "$" begins a variable when the output is read again.
void escape_dollars(Json& value) {
  if (value.is_structured()) {
    for (Json& item : value) escape_dollars(item);
  } else if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    for (size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at + 2))
      text.insert(at, 1, '$');
  }
}

Json project_tree(const Project& project, bool explicit_nulls) {
  Json map = Json::object();
  map["name"] = project.name;
  Json services = Json::object();
  for (const auto& [name, service] : project.services)
    append(services, name, service_tree(service, explicit_nulls));
  map["services"] = std::move(services);
  for (const auto& [key, network] : project.networks) map["networks"][key] = network_tree(network);
  for (const auto& [key, volume] : project.volumes) map["volumes"][key] = volume_tree(volume);
  put_extensions(map, project.extensions);
  escape_dollars(map);
  return map;
}

}  // namespace

std::string to_yaml(const Project& project) {
  return write_yaml(project_tree(project, false));
}

std::string to_json(const Project& project) {
  // The top level is sorted there, everything below in the order of the format.
  const Json tree = project_tree(project, true);
  std::map<std::string, Json> sorted;
  for (const auto& [key, value] : tree.items()) sorted.emplace(key, value);
  Json result = Json::object();
  for (auto& [key, value] : sorted) result[key] = std::move(value);
  return result.dump(2) + "\n";
}

}  // namespace parser
