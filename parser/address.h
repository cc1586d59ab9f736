#pragma once
// IPv4 and IPv6 addresses and subnets as text: what is one, what lies in which.
#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace parser {

struct Address {
  bool v6 = false;
  std::array<uint8_t, 16> bytes{};  // network order; IPv4 uses the first four

  int bits() const { return v6 ? 128 : 32; }
};

// Nothing when the text is no address.
std::optional<Address> read_address(const std::string& text);
std::string to_string(const Address& address);

struct Subnet {
  Address address;
  int prefix = 0;
};

// "172.28.0.0/16", "fd00:1::/64". Throws ValueError, also for host bits that are set.
Subnet parse_subnet(const std::string& text);

bool contains(const Subnet& subnet, const Address& address);
bool contains(const Subnet& outer, const Subnet& inner);
bool overlap(const Subnet& a, const Subnet& b);

}  // namespace parser
