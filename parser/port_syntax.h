#pragma once
// The short form of a published port: [[ip:]host:]container[/protocol], numbers or ranges a-b; an
// IPv6 address stands in brackets. Host port 0 is any free one.
// Source: Compose Specification, "ports, short syntax".
#include <cstdint>
#include <string>
#include <vector>

#include "parser/node.h"

namespace parser {

struct PortRange {
  uint16_t first = 0;
  uint16_t last = 0;
  int size() const { return last - first + 1; }
};

struct PortForm {
  std::string host_ip;
  PortRange published;  // first 0: any free port
  uint16_t target = 0;
  std::string protocol;
};

// One entry a container port. Throws ValueError.
std::vector<PortForm> parse_port(const std::string& text);
// "8080" or "8080-8090", 1 to 65535; `what` names it in errors ("host port"). Throws ValueError.
PortRange parse_port_range(const std::string& text, const std::string& what);
// Throws ValueError unless `text` is an IPv4 or IPv6 address, without brackets.
void check_host_ip(const std::string& text);
// Throws ValueError unless tcp, udp or sctp.
void check_protocol(const std::string& text);

// The long form of `form`, for the tree.
Node port_node(const PortForm& form, Location at);

// True for unquoted text like 22:22 that YAML 1.1 reads as a number of base 60.
bool reads_as_base_60(const std::string& text);

}  // namespace parser
