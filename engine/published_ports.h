#pragma once
// What the firewall is told of a container's published ports: they lead to its first network.
#include <vector>

#include "engine/state/containers.h"
#include "netmgr/driver.h"

namespace engine {

// Empty for a container without a network.
std::vector<netmgr::Publish> to_publish(const ContainerRecord& record);

}  // namespace engine
