#include "parser/load.h"
#include "parser/node_json.h"
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

Json project_tree(const Project& project, bool json) {
  Json map = Json::object();
  map["name"] = project.name;
  Json services = Json::object();
  const OutputStyle style{json, !project.environment_resolved};
  for (const auto& [name, service] : project.services) append(services, name, service_tree(service, style));
  map["services"] = std::move(services);
  const auto section = [&map](const char* name, const auto& things, const auto& tree) {
    if (things.empty()) return;
    Json& all = map[name];
    for (const auto& [key, thing] : things) append(all, key, tree(thing));
  };
  section("networks", project.networks,
          [json](const Network& network) { return network_tree(network, json); });
  section("volumes", project.volumes, volume_tree);
  section("secrets", project.secrets, file_object_tree);
  section("configs", project.configs, file_object_tree);
  section("models", project.models, model_tree);
  put_extensions(map, project.extensions);
  escape_dollars(map);
  return map;
}

Json sorted(const Json& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) list.push_back(sorted(item));
    return list;
  }
  if (!value.is_object()) return value;
  std::map<std::string, const Json*> members;
  for (const auto& [key, member] : value.items()) members.emplace(key, &member);
  Json map = Json::object();
  for (const auto& [key, member] : members) append(map, key, sorted(*member));
  return map;
}

}  // namespace

std::string to_yaml(const Document& document) {
  return write_yaml(sorted(json_of(document.root)));
}

std::string to_json(const Document& document) {
  return sorted(json_of(document.root)).dump(2) + "\n";
}

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
