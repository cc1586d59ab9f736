#pragma once
// IPv4 arithmetic for the IPAM. Addresses are host-order integers.
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace netmgr {

struct Subnet {
  uint32_t base = 0;
  int prefix = 0;
  uint32_t first() const { return base + 1; }  // the default gateway
  uint32_t last() const;                       // highest host address
  bool contains(uint32_t address) const;
  bool overlaps(const Subnet& other) const;
  std::string to_string() const;
};

std::optional<uint32_t> parse_address(const std::string& text);
std::string format_address(uint32_t address);
std::optional<Subnet> parse_subnet(const std::string& text);  // "10.1.0.0/16"; host bits must be zero

// All destinations the host routes (main table, default route left out), for choosing a pool. Throws
// sys::Error.
std::vector<Subnet> host_routes();
// First free subnet of the default pool (172.17-31.0.0/16, then 192.168.0.0/20 steps) that overlaps none of
// `taken`.
std::optional<Subnet> free_subnet(const std::vector<Subnet>& taken);
// MAC made from an address, 02:42:aa:bb:cc:dd.
std::string mac_for(uint32_t address);

}  // namespace netmgr
