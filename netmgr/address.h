#pragma once
// Addresses and subnets of both families, for the IPAM, for links and for DNS. No third-party library: the
// small static programs link it too.
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace netmgr {

// IPv4 or IPv6. Ordered by family first, then as numbers.
struct Address {
  bool v6 = false;
  std::array<uint8_t, 16> bytes{};  // network order; IPv4 uses the first four

  auto operator<=>(const Address&) const = default;  // NOLINT(modernize-use-nullptr): the compiler's own zero
  size_t size() const { return v6 ? 16 : 4; }
  int bits() const { return v6 ? 128 : 32; }
  Address next() const;      // one higher; after the highest comes the lowest
  Address previous() const;  // one lower
};

struct Subnet {
  Address base;
  int prefix = 0;

  auto operator<=>(const Subnet&) const = default;
  Address first() const;         // the default gateway: base + 1
  Address last_address() const;  // the highest, broadcast or not
  // Highest host address. Of IPv4 the one below the broadcast address, where there is one (RFC 3021); IPv6
  // has none.
  Address last() const;
  bool contains(const Address& address) const;
  bool contains(const Subnet& other) const { return prefix <= other.prefix && contains(other.base); }
  bool overlaps(const Subnet& other) const { return contains(other) || other.contains(*this); }
  // One that an endpoint can have: within, and neither the network's own nor the broadcast address.
  bool is_host(const Address& address) const;
  std::string to_string() const;
};

// An address as a link has it.
struct InterfaceAddress {
  Address address;
  int prefix = 0;
  auto operator<=>(const InterfaceAddress&) const = default;
};

Address ipv4(uint32_t number);                 // host order
uint32_t ipv4_number(const Address& address);  // of an IPv4 one
// Nothing when the text is no address. Of either family, without a zone.
std::optional<Address> parse_address(const std::string& text);
std::string format_address(const Address& address);
bool is_ipv6(const std::string& text);  // by its look alone
// "10.0.0.1:80", "[fd00::1]:80". `port` may be a range.
std::string host_and_port(const std::string& host, const std::string& port);
// "10.1.0.0/16", "fd00:28::/64"; host bits must be zero.
std::optional<Subnet> parse_subnet(const std::string& text);

// First free subnet of the default pool (172.17-31.0.0/16, then 192.168.0.0/20 steps) that overlaps none of
// `taken`.
std::optional<Subnet> free_subnet(const std::vector<Subnet>& taken);
// First free /64 of this machine's own unique local prefix (RFC 4193): fd and 40 bits made of `seed`, which
// ought to be another on every machine.
std::optional<Subnet> free_local_subnet(const std::vector<Subnet>& taken, const std::string& seed);
// MAC made from an address: of IPv4 02:42:aa:bb:cc:dd, of IPv6 02:42 and a digest of it.
std::string mac_for(const Address& address);
// FNV-1a, 64 bits.
uint64_t digest_of(const std::string& text);

}  // namespace netmgr
