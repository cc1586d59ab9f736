#pragma once
// What `network doctor` has looked at, and what it makes of it. Looking (examine.cpp) and judging (judge.cpp)
// are apart, so that every ill there is has a test without anybody having to be ill.
#include <cstdint>
#include <string>
#include <vector>

namespace engine::doctor {

struct NameServer {
  std::string address;
  bool answers = false;
};

struct HostFacts {
  bool forwarding = false;   // net.ipv4.ip_forward
  bool forwarding6 = false;  // net.ipv6.conf.all.forwarding
  bool table = false;        // `inet compose` is there
  bool legacy_rules =
      false;  // iptables-legacy filters forwarded packets; its rules cannot be read by nftables
  std::vector<NameServer> name_servers;
};

struct NetworkFacts {
  std::string name;
  std::string driver = "bridge";
  std::string link_name;             // its bridge, or the parent of its containers' links
  std::vector<std::string> subnets;  // as written: "172.18.0.0/16"
  bool ipv4 = true, ipv6 = false;
  bool internal = false;
  bool used = false;  // a container on it runs
  bool link = false, up = false;
  // Of a bridge. Others have no part in the host's addresses, rules and routes.
  std::vector<std::string> lost;  // addresses of its own that it has no more
  bool in_rules = false;
  int mtu = 0, uplink_mtu = 0;  // 0: not known
  std::string uplink;
  struct Theft {
    std::string subnet, device;
  };
  std::vector<Theft> thefts;  // subnets, and the device that a route leads to which wins over the bridge's
  std::vector<std::string>
      dropped_by;  // other tools' chains that drop by policy, without our rule: "ip filter FORWARD"
};

struct EndpointFacts {
  std::string network;
  std::vector<std::string> addresses;
  bool host_end = false, host_end_up = false;  // where its driver has one
  std::vector<std::string> missing;  // those of its addresses that no interface in the container has
};

// Who listens in the container on the port that a published one leads to.
enum class Listener { kUnknown, kThere, kOnLoopback, kNone };

struct PortFacts {
  std::string host;  // "0.0.0.0:8080"
  uint16_t container_port = 0;
  std::string protocol;
  bool in_rules = false;
  Listener listener = Listener::kUnknown;
};

struct ContainerFacts {
  std::string name;
  bool monitor = false;
  bool own_names_resolve = false;
  bool wants_default_route = false, default_route = false;  // of IPv4
  bool wants_default_route6 = false, default_route6 = false;
  std::vector<EndpointFacts> endpoints;
  std::vector<PortFacts> ports;
};

struct Facts {
  HostFacts host;
  std::vector<NetworkFacts> networks;
  std::vector<ContainerFacts> containers;  // those that run, on the networks
};

struct Finding {
  enum class Kind { kFine, kNote, kProblem };
  Kind kind = Kind::kFine;
  std::string subject;  // "host", "network NAME", "container NAME"
  std::string text;
  std::string advice;  // the way out; empty for what is fine
};

// For each subject what is wrong with it, or one finding that says that nothing is.
std::vector<Finding> judge(const Facts& facts);

}  // namespace engine::doctor
