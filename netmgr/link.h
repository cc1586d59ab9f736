#pragma once
// Links of the namespace the calling thread is in, over rtnetlink (man 7 rtnetlink). What we make carries an
// alias that says whose it is; other tools' links, even of similar names, have none and are left alone.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netmgr/address.h"
#include "netmgr/netlink.h"
#include "sys/fd.h"

namespace netmgr {

struct Link {
  int index = 0;
  std::string name;
  std::string alias;
  std::string kind;  // "bridge", "veth", "macvlan"; empty for hardware
  std::string mac;
  int mtu = 0;
  bool up = false;
};

// Nothing when there is no such link. Throws sys::Error.
std::optional<Link> find_link(NetlinkSocket& route, const std::string& name);
std::optional<Link> find_link(NetlinkSocket& route, int index);
std::vector<Link> all_links(NetlinkSocket& route);

// The addresses of a link, of both families. Throws sys::Error.
std::vector<InterfaceAddress> addresses_of(NetlinkSocket& route, const Link& link);

struct BridgeSettings {
  std::string name;
  std::string alias;
  std::vector<InterfaceAddress> addresses;  // the gateways, at most one of each family
  int mtu = 1500;
  std::string first_name = {};  // with a name that the user chose: another one, it is made under
};
// Makes or completes the bridge: MAC from the address (else it would change with the ports), addresses,
// alias, MTU, route_localnet (a packet from 127.0.0.1 to a published port leaves by it), up. IPv6 is off
// unless it has an IPv6 address; then it takes no router advertisements, which any container could send. A
// bridge of that name that has no alias is its owner's: it gets the addresses, and nothing else of it is
// changed but route_localnet. Throws sys::Error: EEXIST when the name is another kind of link's or another
// network's.
void ensure_bridge(NetlinkSocket& route, const BridgeSettings& settings);
// Takes all its addresses away, and so the routes to its subnets.
void release_addresses(NetlinkSocket& route, const Link& bridge);
// Deletes the bridge if it has our alias; from another's our addresses are taken away. Missing is no error.
void release_bridge(NetlinkSocket& route, const std::string& name, const std::string& alias);

// A container's end of a link, and what is done with it there.
struct InnerLink {
  std::string name;
  std::string mac;
  std::vector<InterfaceAddress> addresses;
  std::vector<Address> gateways;               // default routes
  std::vector<InterfaceAddress> further = {};  // of no subnet of the network
  // Of /proc/sys/net, the name of the link where IFNAME stands: "ipv6/conf/IFNAME/accept_ra" and its value.
  std::vector<std::pair<std::string, std::string>> settings = {};
};
// Addresses are usable at once: nobody else on the network has them, so no duplicates are looked for. Without
// an IPv6 address none appears by itself. `inside`: a socket of the namespace the calling thread is in.
void configure(NetlinkSocket& inside, const InnerLink& link);

struct VethSettings {
  std::string name;   // the host's end
  std::string alias;  // of the host's end
  InnerLink peer;
  bool isolated = false;  // reaches the bridge itself, but no other isolated port of it
};
// Replaces a leftover of the same name. When it throws no link is left. Throws sys::Error.
void make_veth(NetlinkSocket& route, const Link& bridge, const VethSettings& settings, const sys::Fd& netns);
void set_up(NetlinkSocket& route, const std::string& name);
// Of a link that is down.
void rename_link(NetlinkSocket& route, const std::string& from, const std::string& to);
void add_default_route(NetlinkSocket& route, const std::string& name,
                       const Address& gateway);  // replaces one
// Missing is no error. Throws sys::Error.
void delete_link(NetlinkSocket& route, const std::string& name);

}  // namespace netmgr
