#pragma once
// What a container's interfaces are called, and which of its networks leads out. Pure. Source: Compose
// Specification, `interface_name` and `gw_priority`; Docker Engine's choice of the default gateway.
#include <string>
#include <vector>

#include "engine/state/containers.h"
#include "engine/state/networks.h"

namespace engine {

// What was asked for of the endpoint; nullptr for none.
const AttachmentConfig* attachment_of(const ContainerRecord& record, const EndpointRecord& endpoint,
                                      const std::vector<NetworkRecord>& networks);

// One name for each endpoint, in their order: the one asked for, else the first of eth0, eth1 and so on that
// nobody has asked for. Throws engine::Error(kInvalid) when one is asked for twice.
std::vector<std::string> interface_names(const ContainerRecord& record,
                                         const std::vector<NetworkRecord>& networks);

// The endpoint of the default route, to which published ports lead as well: that with the highest priority
// (AttachmentConfig::gateway_priority); of several that whose network's name comes first. nullptr when all
// networks are internal.
const EndpointRecord* gateway_endpoint(const ContainerRecord& record,
                                       const std::vector<NetworkRecord>& networks);

// Throws engine::Error(kInternal) when it is not among them.
const NetworkRecord& network_of(const EndpointRecord& endpoint, const std::vector<NetworkRecord>& networks);

}  // namespace engine
