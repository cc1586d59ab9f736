#pragma once
// The table `inet compose` as text for nftables. Pure. The number of rules is fixed: networks and ports are
// elements of sets and maps, so a packet costs the same however many there are.
//
//   bridges      our bridges                        internal   those without a way out
//   same         bridge . bridge: stays within      own        bridge . subnet
//   ports        protocol . port -> address . port  address_ports  the same for one host address
//   forwarding_was_off   exists when IPv4 forwarding was off before one of our networks came
#include <string>
#include <vector>

#include "netmgr/driver.h"

namespace netmgr {

// Makes the table, or brings its rules to this program's version; elements stay. One transaction, no gap.
std::string base_ruleset();

// Forwarding was off: it is for our networks alone, the host does not become a router for anybody else.
std::string forward_for_us_alone();

// `bridge` and what belongs to it.
std::string add_network_elements(const std::string& bridge, const std::string& subnet, bool internal);
// Deletes also what is not there.
std::string delete_network_elements(const std::string& bridge, const std::vector<std::string>& subnets);

std::string add_port_element(const Publish& port);
std::string delete_port_element(const Publish& port);

// "tcp", "udp", "sctp" to the protocol's number and back; 0 and empty for others.
int protocol_number(const std::string& protocol);
std::string protocol_name(int number);

}  // namespace netmgr
