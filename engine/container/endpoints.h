#pragma once
// The files by which the DNS servers of a container's networks, and their load balancers, find it
// (netmgr/dns.h).
#include "engine/container/spec.h"
#include "netmgr/dns.h"

namespace engine {

// Throws sys::Error.
void register_endpoints(const Spec& spec, netmgr::EndpointState state);
void unregister_endpoints(const Spec& spec) noexcept;  // what is missing is no error
// The folders of its networks.
std::vector<std::string> network_directories(const Spec& spec);

}  // namespace engine
