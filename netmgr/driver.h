#pragma once
// Networks on this host. What a network is made of is its driver's: bridge (a bridge, veth pairs, firewall
// rules), macvlan (links of their own MAC address on a link of the host), host and none (no links at all).
// An overlay fits in by the same interface. Everything made here is found again by its name or alias and can
// be removed by a reconcile.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace netmgr {

struct Pool {
  std::string subnet;   // "172.18.0.0/16", "fd00:28::/64"
  std::string gateway;  // "172.18.0.1"; of a bridge its own address
};

struct Network {
  std::string id;  // 64 hex
  std::string driver = "bridge";
  std::vector<Pool> pools = {};
  bool internal = false;
  std::map<std::string, std::string> options = {};  // the driver's, by Docker's names
  std::string owner = {};  // a word, which stands in the alias of the network's link: whose it is
  // A file of the network's for what its driver has found out, so that it need not look again; empty: none.
  std::string memory = {};
};

struct Endpoint {
  std::string container_id;
  std::string interface = "eth0";  // name inside the container
  std::string address;             // "172.18.0.2"; empty: no IPv4
  std::string address6;            // empty: no IPv6
  // Further ones, which nobody gives out: of 169.254.0.0/16 and fe80::/64 mostly. They have the prefix of
  // those.
  std::vector<std::string> link_local = {};
  std::string mac;  // empty: made from the address
  // Default route of a family through the gateway of its pool.
  bool default_route = false, default_route6 = false;
  // Of /proc/sys/net with IFNAME for the interface: "ipv6/conf/IFNAME/accept_ra" and the value.
  std::vector<std::pair<std::string, std::string>> settings = {};
};

struct Publish {
  std::string host_ip;  // empty: any of the container address's family
  uint16_t host_port = 0;
  std::string container_ip;
  uint16_t container_port = 0;
  std::string protocol;  // tcp, udp, sctp
};

// One driver. Stateless: what there is, is on the wire. Any thread. The verbs throw sys::Error.
class Driver {
 public:
  virtual ~Driver() = default;

  // What of a network's options and pools the driver cannot have, in words that name it; empty: nothing.
  virtual std::string complaint(const Network& network) const = 0;
  // The engine has the one network of this driver by itself, and no other can be made.
  virtual bool is_builtin() const { return false; }
  // Ports of the host can lead to its containers.
  virtual bool publishes() const { return false; }
  // What is beyond the network can be reached from it.
  virtual bool leads_out(const Network& network) const { return !network.internal; }
  // The host's link that the network stands on: its bridge, or the parent of its containers' links. Empty:
  // none.
  virtual std::string link_of(const Network&) const { return ""; }
  // Why it cannot be there beside another network of its driver, in words that name what both want; empty: it
  // can.
  virtual std::string clash(const Network&, const Network&) const { return ""; }

  // Idempotent; completes what is half there.
  virtual void setup(const Network& network) const = 0;
  // Takes all of it away; what is missing is no error. `others`: the networks that stay.
  virtual void teardown(const Network& network, const std::vector<Network>& others) const = 0;
  // The first part of a teardown whose rest the kernel takes its time for: what another network may want, its
  // subnets above all, is free when it returns. For the rest `end_link` is to be called with the link that it
  // names, by whatever process; empty: all of it is gone.
  virtual std::string retire(const Network& network, const std::vector<Network>& others) const {
    teardown(network, others);
    return "";
  }
  virtual bool is_up(const Network& network) const = 0;
  // Puts a link into the container's namespace, with its addresses and routes. Replaces a leftover.
  virtual void attach(const Network& network, const Endpoint& endpoint, const sys::Fd& netns) const = 0;
  // The way back; with an empty `netns` what is on the host's side (the namespace's death takes the rest).
  virtual void detach(const Network& network, const Endpoint& endpoint, const sys::Fd& netns) const = 0;
};

// By name: bridge, macvlan, host, none (Docker calls it null); nullptr for others.
const Driver* find_driver(const std::string& name);
// The same of a network; throws sys::Error for a driver that there is not.
const Driver& driver_of(const Network& network);

// ---- options that more than one driver has
inline constexpr char kMtuOption[] = "com.docker.network.driver.mtu";
inline constexpr char kPrefixOption[] = "com.docker.network.container_iface_prefix";
// ---- of the bridge
inline constexpr char kBridgeName[] = "com.docker.network.bridge.name";
inline constexpr char kBridgeIcc[] = "com.docker.network.bridge.enable_icc";
inline constexpr char kBridgeMasquerade[] = "com.docker.network.bridge.enable_ip_masquerade";
inline constexpr char kBridgeHostBinding[] = "com.docker.network.bridge.host_binding_ipv4";
// ---- of an endpoint
inline constexpr char kEndpointSysctls[] = "com.docker.network.endpoint.sysctls";
inline constexpr char kEndpointInterface[] = "com.docker.network.endpoint.ifname";

std::string option_of(const Network& network, const std::string& name);  // empty when it is not given
// What interfaces on this network are called, without their number: "eth".
std::string interface_prefix(const Network& network);
// Options of an endpoint; `complaint_of_endpoint` is empty for those that can be had. Sysctls become
// `Endpoint::settings`.
std::string complaint_of_endpoint(const std::map<std::string, std::string>& options);
std::vector<std::pair<std::string, std::string>> endpoint_settings(
    const std::map<std::string, std::string>& options);
// The pool that an address is of; nullptr for none.
const Pool* pool_of(const Network& network, const std::string& address);
int prefix_of(const Network& network, const std::string& address);  // 0 for none

// The driver's verbs. A bridge's network enables forwarding, of IPv6 only where it has an IPv6 subnet. Where
// that was off, the host forwards for our networks alone from then on: other packets are dropped, so that it
// does not become a router by the way; and links that learn their routes from IPv6 routers go on to do so
// (accept_ra 2), which a router by default does not. With the last network all that is as it was. The way out
// for a host that is to be a router: switch forwarding on before (sysctl.d), or
// `nft flush chain inet compose others` (others6 for IPv6).
void setup_network(const Network& network);
void teardown_network(const Network& network, const std::vector<Network>& others = {});
std::string retire_network(const Network& network, const std::vector<Network>& others);
// The rest, of one that is retired; others' links, and ones that are missing, are left alone.
void end_link(const std::string& name);
// Also false when another tool has come since whose rules drop what it forwards.
bool network_is_up(const Network& network);
void attach(const Network& network, const Endpoint& endpoint, const sys::Fd& netns);
void detach(const Network& network, const Endpoint& endpoint, const sys::Fd& netns = {});

// Adds/removes published ports in one transaction; idempotent. For UDP stale conntrack entries are flushed.
// From outside, from the host's own addresses and 127.0.0.1, and from other containers (hairpin); ::1 the
// kernel does not route. Host and container address are of one family. A port that leads to another address
// which is still attached is not taken over: EADDRINUSE, naming both; one that leads to an address nobody has
// any more is. Does not look for listening processes of the host.
void publish(const std::vector<Publish>& ports);
void unpublish(const std::vector<Publish>& ports);

// What there is with our mark, for a reconcile. Throws sys::Error.
struct OwnLink {
  std::string name;
  std::string kind;       // "bridge", "veth" ...
  std::string network;    // the first 12 digits of its id
  std::string container;  // likewise; empty for a network's own link
  std::string owner;      // of a network's own link, see Network
};
std::vector<OwnLink> own_links();
std::vector<Publish> ports_in_rules();
// Name of the host's veth end for this pair (what `attach` uses).
std::string veth_name(const std::string& network_id, const std::string& container_id);
void remove_link(const std::string& name);  // missing is no error
// A network of which nothing is known but its link.
void remove_stray(const OwnLink& link, const std::vector<Network>& others);
// Removes the nftables table when no network of ours has a bridge any more, and switches forwarding off again
// where it was off and nobody else can have come to rely on it.
void remove_firewall_if_unused();

}  // namespace netmgr
