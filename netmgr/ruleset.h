#pragma once
// The table `inet compose` as text for nftables. Pure. The number of rules is fixed: networks and ports are
// elements of sets and maps, so a packet costs the same however many there are.
//
//   bridges      our bridges                        internal   those without a way out
//   same         bridge . bridge: stays within      plain      those whose packets keep their source outside
//   own, own6    bridge . subnet
//   ports        protocol . port -> address . port  address_ports   the same for one host address
//   ports6       the same of IPv6                   address_ports6  likewise
//   forwarding_was_off, forwarding6_was_off   exist when forwarding was off before one of our networks came
//   advertised   links that took router advertisements then, as hosts do
#include <string>
#include <vector>

#include "netmgr/driver.h"

namespace netmgr {

// Makes the table, or brings its rules to this program's version; elements stay. One transaction, no gap.
std::string base_ruleset();

// Forwarding was off: it is for our networks alone, the host does not become a router for anybody else.
std::string forward_for_us_alone(bool v6);
std::string add_advertised(const std::vector<std::string>& links);

struct NetworkRules {
  std::string bridge;
  std::vector<std::string> subnets;  // of either family
  bool internal = false;
  bool masquerade = true;  // what leaves the host has the host's address
  bool within = true;      // its containers reach each other
};
std::string add_network_elements(const NetworkRules& rules);
// Deletes also what is not there.
std::string delete_network_elements(const std::string& bridge, const std::vector<std::string>& subnets);

std::string add_port_element(const Publish& port);
std::string delete_port_element(const Publish& port);

// "tcp", "udp", "sctp" to the protocol's number and back; 0 and empty for others.
int protocol_number(const std::string& protocol);
std::string protocol_name(int number);

}  // namespace netmgr
