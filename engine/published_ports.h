#pragma once
// What the firewall is told of a container's published ports: they lead to the
// endpoint of its default route, or, where there is none, to its first.
#include <vector>

#include "engine/state/containers.h"
#include "engine/state/networks.h"
#include "netmgr/driver.h"

namespace engine {

// Empty for a container without a network.
std::vector<netmgr::Publish> to_publish(const ContainerRecord& record,
                                        const std::vector<NetworkRecord>& networks);

}  // namespace engine
