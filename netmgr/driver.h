#pragma once
// Networks on this host: a driver makes the links, a firewall the rules. Small verbs so that other drivers
// (macvlan, overlay) fit in later. Everything made here is found again by its name and can be removed by a
// reconcile.
#include <cstdint>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace netmgr {

struct Network {
  std::string id;       // 64 hex; the bridge is br-<12 hex>
  std::string subnet;   // "172.18.0.0/16"
  std::string gateway;  // "172.18.0.1", the bridge's own address
  bool internal = false;
  int mtu = 0;  // 0: that of the default route's device
};

struct Endpoint {
  std::string network_id;
  std::string container_id;
  std::string interface = "eth0";  // name inside the container
  std::string address;             // "172.18.0.2"
  int prefix = 16;
  std::string gateway;  // default route through it when `default_route`
  std::string mac;      // "02:42:ac:12:00:02"
  bool default_route = false;
};

struct Publish {
  std::string host_ip;  // empty: any
  uint16_t host_port = 0;
  std::string container_ip;
  uint16_t container_port = 0;
  std::string protocol;  // tcp, udp, sctp
};

// A new network namespace with loopback up, held only by the returned descriptor. Any program in it may bind
// the ports below 1024 and open ping sockets. Throws sys::Error.
sys::Fd new_namespace();

// Makes (or completes) bridge, address, sysctls, and the network's firewall rules; enables IPv4 forwarding.
// Where that was off, the host forwards for our networks alone from then on: other packets are dropped, so
// that it does not become a router by the way. With the last network it is off again. The way out for a host
// that is to be a router: switch forwarding on before (sysctl.d), or `nft flush chain inet compose others`.
// Idempotent. Throws sys::Error.
void setup_network(const Network& network);
// Takes all of it away; what is missing is no error.
void teardown_network(const std::string& network_id);
// Also false when another tool has come since whose rules drop what it forwards.
bool network_is_up(const Network& network);

// veth pair between the bridge and `netns`, address, MAC, routes. The host's end is ve<12 hex of a digest of
// container and network>. Replaces a leftover of the same name. Throws sys::Error.
void attach(const Endpoint& endpoint, const sys::Fd& netns);
// Removes the host's end (the namespace's death does so too).
void detach(const std::string& network_id, const std::string& container_id);

// The default route of a namespace, through the interface of that name in it. Throws sys::Error.
void set_default_route(const sys::Fd& netns, const std::string& interface, const std::string& gateway);

// Adds/removes published ports in one transaction; idempotent. For UDP stale conntrack entries are flushed.
// From outside, from the host's own addresses and 127.0.0.1, and from other containers (hairpin).
// IPv4 only. A port that leads to another address which is still attached is not taken over: EADDRINUSE,
// naming both; one that leads to an address nobody has any more is. Does not look for listening processes of
// the host.
void publish(const std::vector<Publish>& ports);
void unpublish(const std::vector<Publish>& ports);

// What there is with our mark, for a reconcile: bridges (network id prefixes, 12 hex), host veth names,
// ports.
struct Present {
  std::vector<std::string> bridges;
  std::vector<std::string> veths;
  std::vector<Publish> ports;
};
Present present();
// Name of the host's veth end for this pair (what `attach` uses).
std::string veth_name(const std::string& network_id, const std::string& container_id);
// Whether a link's alias says that it is this network's bridge.
bool is_bridge_of(const std::string& alias, const std::string& network_id);
void remove_link(const std::string& name);  // missing is no error
// Removes the nftables table when no network of ours is left, and switches forwarding off again
// where it was off and nobody else can have come to rely on it.
void remove_firewall_if_unused();

}  // namespace netmgr
