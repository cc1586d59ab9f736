#pragma once
// What a container's /etc/resolv.conf says, and which servers stand behind the engine's own one. Source:
// resolv.conf(5), `docker run --dns, --dns-search, --dns-option`.
#include <string>
#include <vector>

#include "engine/model.h"

namespace engine {

// The engine's server inside of each container that is on a network (netmgr/dns.h).
inline constexpr char kOwnNameServer[] = "127.0.0.11";

// The servers, search domains and options of a resolv.conf; of `search` and `domain` the last counts, and a
// server that is no address does not, as for a C library.
ResolverConfig parse_resolv_conf(const std::string& text);
ResolverConfig host_resolver();  // of this machine's /etc/resolv.conf; empty when it has none

// What a container asks for, each of the three for itself laid over the host's. A search domain "." means
// none at all.
ResolverConfig effective_resolver(const ContainerConfig& config, const ResolverConfig& host);

// Where names go to the engine's server: with that one and, unless `ndots` is given, `ndots:0`, so that a
// name of one word is asked as it is.
std::string own_resolv_conf(ResolverConfig resolver);
// Where no server of the engine is: network modes host and none.
std::string plain_resolv_conf(const ResolverConfig& resolver);

// Throws engine::Error(kInvalid) for a server that is not an address, or is the engine's own.
void check_resolver(const ContainerConfig& config);

}  // namespace engine
