#pragma once
// What a container's interfaces are called, and which of its networks leads out. Pure. Source: Compose
// Specification, `interface_name` and `gw_priority`; Docker Engine's choice of the default gateway.
#include <string>
#include <vector>

#include "engine/state/containers.h"
#include "engine/state/networks.h"
#include "netmgr/driver.h"

namespace engine {

// What was asked for of the endpoint; nullptr for none.
const AttachmentConfig* attachment_of(const ContainerRecord& record, const EndpointRecord& endpoint,
                                      const std::vector<NetworkRecord>& networks);

// One name for each endpoint, in their order: the one asked for, else the first of eth0, eth1 and so on, or
// of what the network calls them instead, that nobody has asked for. Throws engine::Error(kInvalid) when one
// is asked for twice.
std::vector<std::string> interface_names(const ContainerRecord& record,
                                         const std::vector<NetworkRecord>& networks);

// The name asked for of an endpoint, as interface_name or by the driver's option; empty for none.
std::string asked_interface(const AttachmentConfig* attachment);

// IPv4 or IPv6; empty when the endpoint has none.
const std::string& address_of(const EndpointRecord& endpoint, bool v6);

// The endpoint of a family's default route: that with the highest priority
// (AttachmentConfig::gateway_priority); of several that whose network's name comes first. nullptr when none
// with that family leads out.
const EndpointRecord* gateway_endpoint(const ContainerRecord& record,
                                       const std::vector<NetworkRecord>& networks, bool v6 = false);

// Where published ports lead to: the gateway, where its network's driver publishes, else the first endpoint
// of which that is so. nullptr: none.
const EndpointRecord* publishing_endpoint(const ContainerRecord& record,
                                          const std::vector<NetworkRecord>& networks, bool v6);

// What of an endpoint netmgr puts into the container.
netmgr::Endpoint link_of(const ContainerRecord& record, const EndpointRecord& endpoint,
                         const std::string& interface, const std::vector<NetworkRecord>& networks);

// Throws engine::Error(kInternal) when it is not among them.
const NetworkRecord& network_of(const EndpointRecord& endpoint, const std::vector<NetworkRecord>& networks);

}  // namespace engine
