#pragma once
// A container's published ports: on which addresses of the host they are taken, and where they lead to. Of
// each family they lead to the endpoint of its default route, or, where there is none, to its first.
#include <vector>

#include "engine/state/containers.h"
#include "engine/state/networks.h"
#include "netmgr/driver.h"

namespace engine {

// The host's addresses that a port of the configuration is published on: "" for all of IPv4, "::" for all of
// IPv6. A port without one is on those of the families that the container has, or on the address its network
// says. Empty for a container on no network that publishes, as on a macvlan, whose containers have addresses
// of the world's own. Throws engine::Error(kInvalid) when an address is of a family that the container has
// not.
std::vector<std::string> host_addresses(const PublishedPort& port, const ContainerRecord& record,
                                        const std::vector<NetworkRecord>& networks);

// What the firewall is told of the ports that the container holds.
std::vector<netmgr::Publish> to_publish(const ContainerRecord& record,
                                        const std::vector<NetworkRecord>& networks);

}  // namespace engine
