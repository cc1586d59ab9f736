#pragma once
// Links of the namespace the calling thread is in, over rtnetlink (man 7 rtnetlink). What we make carries an
// alias that says whose it is; other tools' links, even of similar names, have none and are left alone.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netmgr/netlink.h"
#include "sys/fd.h"

namespace netmgr {

struct Link {
  int index = 0;
  std::string name;
  std::string alias;
  int mtu = 0;
  bool up = false;
};

// Nothing when there is no such link. Throws sys::Error.
std::optional<Link> find_link(NetlinkSocket& route, const std::string& name);
std::optional<Link> find_link(NetlinkSocket& route, int index);
std::vector<Link> all_links(NetlinkSocket& route);

// The IPv4 addresses of a link. Throws sys::Error.
std::vector<uint32_t> addresses_of(NetlinkSocket& route, const Link& link);

struct BridgeSettings {
  std::string name;
  std::string alias;
  uint32_t address = 0;  // the gateway
  int prefix = 0;
  int mtu = 1500;
};
// Makes or completes the bridge: MAC from the address (else it would change with the ports), address, alias,
// MTU, route_localnet (a packet from 127.0.0.1 to a published port leaves by it), no IPv6, up. Throws
// sys::Error.
void ensure_bridge(NetlinkSocket& route, const BridgeSettings& settings);

struct VethSettings {
  std::string name;   // the host's end
  std::string alias;  // of the host's end
  std::string peer;   // name inside the namespace
  std::string mac;    // of the peer
  uint32_t address = 0;
  int prefix = 0;
  std::optional<uint32_t> gateway;  // default route
};
// Replaces a leftover of the same name. When it throws no link is left. Throws sys::Error.
void make_veth(NetlinkSocket& route, const Link& bridge, const VethSettings& settings, const sys::Fd& netns);
void set_up(NetlinkSocket& route, const std::string& name);
void add_default_route(NetlinkSocket& route, const std::string& name, uint32_t gateway);  // replaces one
// Missing is no error. Throws sys::Error.
void delete_link(NetlinkSocket& route, const std::string& name);

}  // namespace netmgr
