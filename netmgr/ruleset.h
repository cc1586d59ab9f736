#pragma once
// The table `inet compose`: what it is made of and what its elements say. The number of rules is fixed:
// networks and ports are elements of sets and maps, so a packet costs the same however many there are.
//
//   bridges      our bridges                        internal   those without a way out
//   same         bridge . bridge: stays within      plain      those whose packets keep their source outside
//   own, own6    bridge . subnet
//   ports        protocol . port -> address . port  address_ports   the same for one host address
//   ports6       the same of IPv6                   address_ports6  likewise
//   forwarding_was_off, forwarding6_was_off   exist when forwarding was off before one of our networks came
//   advertised   links that took router advertisements then, as hosts do
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "netmgr/driver.h"
#include "netmgr/nf_tables.h"

namespace netmgr {

inline constexpr std::array<const char*, 2> kOwnSets = {"own", "own6"};
inline constexpr std::array<const char*, 4> kPortMaps = {"ports", "address_ports", "ports6",
                                                         "address_ports6"};

// Makes the table, or brings its rules to this program's version; elements stay. No gap.
void put_base(nf::Transaction& changes);

// Forwarding was off: it is for our networks alone, the host does not become a router for anybody else.
void forward_for_us_alone(nf::Transaction& changes, bool v6);
void add_advertised(nf::Transaction& changes, const std::vector<std::string>& links);

struct NetworkRules {
  std::string bridge;
  std::vector<std::string> subnets;  // of either family
  bool internal = false;
  bool masquerade = true;  // what leaves the host has the host's address
  bool within = true;      // its containers reach each other
};
void add_network_elements(nf::Transaction& changes, const NetworkRules& rules);
// Deletes also what is not there.
void delete_network_elements(nf::Transaction& changes, const std::string& bridge,
                             const std::vector<std::string>& subnets);

void add_port_element(nf::Transaction& changes, const Publish& port);
void delete_port_element(nf::Transaction& changes, const Publish& port);

// What elements say. `map`: one of kPortMaps; throw sys::Error(EBADMSG) for what is none of ours.
std::string link_in(const nf::Element& element);
Publish port_in(const char* map, const nf::Element& element);
struct OwnSubnet {
  std::string bridge;
  std::string subnet;
};
OwnSubnet subnet_in(const nf::Element& element);  // of kOwnSets

// "tcp", "udp", "sctp" to the protocol's number and back; 0 and empty for others.
int protocol_number(const std::string& protocol);
std::string protocol_name(int number);

}  // namespace netmgr
