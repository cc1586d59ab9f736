#pragma once
// Networks and ports in the description of a container.
#include <nlohmann/json_fwd.hpp>

#include "engine/model.h"

namespace compose::cli {

// none, host, or the network it was put on first.
std::string network_mode_of(const engine::ContainerConfig& config);
// "80/tcp" -> where it is published; null for one that is exposed only.
nlohmann::ordered_json bindings_of(const std::vector<engine::PublishedPort>& ports,
                                   const std::vector<std::string>& expose);
// HostConfig.Links: as Docker, of a container on the default network.
nlohmann::ordered_json links_of(const engine::ContainerConfig& config);
nlohmann::ordered_json network_settings_of(const engine::ContainerInfo& container,
                                           const engine::ContainerConfig& config);
// Of a container on a network, the same at each start; "" of one that does not run.
std::string endpoint_id(const engine::ContainerInfo& container, const std::string& network_id);

}  // namespace compose::cli
