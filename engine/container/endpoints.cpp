#include "engine/container/endpoints.h"

#include <cstdio>
#include <exception>

namespace engine {

void register_endpoints(const Spec& spec, netmgr::EndpointState state) {
  for (const SpecNetwork& network : spec.networks) {
    netmgr::register_endpoint(network.directory, spec.id, {network.address, network.address6}, network.names,
                              state);
  }
}

void unregister_endpoints(const Spec& spec) noexcept {
  for (const SpecNetwork& network : spec.networks) {
    try {
      netmgr::unregister_endpoint(network.directory, spec.id);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "unregister %s in %s: %s\n", spec.name.c_str(), network.directory.c_str(),
                   error.what());
    }
  }
}

std::vector<std::string> network_directories(const Spec& spec) {
  std::vector<std::string> directories;
  directories.reserve(spec.networks.size());
  for (const SpecNetwork& network : spec.networks) directories.push_back(network.directory);
  return directories;
}

}  // namespace engine
