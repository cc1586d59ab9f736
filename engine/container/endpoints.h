#pragma once
// The files by which the DNS servers of a container's networks find it (netmgr/dns.h).
#include "engine/container/spec.h"

namespace engine {

// Throws sys::Error.
void register_endpoints(const Spec& spec, bool unhealthy = false);
void unregister_endpoints(const Spec& spec) noexcept;  // what is missing is no error

}  // namespace engine
