#pragma once
// `compose config`: the project as one tree in the shape and key order of docker compose v2, from which both
// YAML and JSON are made. Inside of the parser only; the way in is parser/load.h.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "parser/project.h"

namespace parser {

using Json = nlohmann::ordered_json;

// Put a member unless it is empty, false, zero or not given.
void put(Json& map, const char* key, const std::string& value);
void put(Json& map, const char* key, const std::vector<std::string>& values);
void put(Json& map, const char* key, const StringMap& values);
void put(Json& map, const char* key, const OptionalMap& values);  // no value: null
void put(Json& map, const char* key, bool value);
void put(Json& map, const char* key, const std::optional<Duration>& value);
void put_number(Json& map, const char* key, int64_t value);
void put_size(Json& map, const char* key, int64_t value);  // bytes: strings in this format
void put_extensions(Json& map, const Extensions& extensions);
// Without the search for the key that operator[] makes: for keys that come out of a map.
void append(Json& map, const std::string& key, Json value);

// Sections of a service. `json`: JSON has some empty members that YAML leaves out.
Json build_tree(const Build& build);
Json deploy_tree(const Deploy& deploy, bool json);
Json develop_tree(const Develop& develop);
Json provider_tree(const Provider& provider);
Json service_models_tree(const std::map<std::string, ServiceModel>& models);
void put_ulimits(Json& map, const std::map<std::string, Ulimit>& limits);
// `folder`: where what has no target stands, with a slash at the end; empty: not said.
void put_grants(Json& map, const char* key, const std::vector<FileGrant>& grants, const std::string& folder);
void put_device_requests(Json& map, const char* key, const std::vector<DeviceRequest>& requests);
// `image`: of hooks without one.
void put_hooks(Json& map, const char* key, const std::vector<Hook>& hooks, const std::string& image);

struct OutputStyle {
  bool json = false;   // JSON has some empty members that YAML leaves out: command and entrypoint
  bool files = false;  // name the files that environment and labels come from: their content is not resolved
};
Json service_tree(const Service& service, const OutputStyle& style);

// Items of a service.
Json port_tree(const Port& port);
Json mount_tree(const VolumeMount& mount);
Json device_tree(const Device& device);
Json service_networks_tree(const std::map<std::string, ServiceNetwork>& networks);

Json network_tree(const Network& network, bool json);
Json volume_tree(const Volume& volume);
Json file_object_tree(const FileObject& object);
Json model_tree(const Model& model);

}  // namespace parser
