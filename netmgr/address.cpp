#include "netmgr/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace netmgr {
namespace {

constexpr int kByte = 8;

// The bits after the first `prefix` all cleared, or all set.
Address with_host_bits(Address address, int prefix, bool set) {
  for (size_t index = 0; index < address.size(); ++index) {
    const int kept = std::clamp(prefix - static_cast<int>(index) * kByte, 0, kByte);
    const auto mask = static_cast<uint8_t>(0xff00U >> kept);
    address.bytes[index] = static_cast<uint8_t>((address.bytes[index] & mask) | (set ? ~mask & 0xffU : 0U));
  }
  return address;
}

Address stepped(Address address, int step) {
  const uint8_t end = step > 0 ? 0xff : 0;
  for (size_t index = address.size(); index-- > 0;) {
    const bool carries = address.bytes[index] == end;
    address.bytes[index] = static_cast<uint8_t>(address.bytes[index] + step);
    if (!carries) break;
  }
  return address;
}

bool has_broadcast(const Subnet& subnet) {
  return !subnet.base.v6 && subnet.prefix < 31;
}

bool is_free(const Subnet& candidate, const std::vector<Subnet>& taken) {
  return std::none_of(taken.begin(), taken.end(),
                      [&](const Subnet& other) { return candidate.overlaps(other); });
}

}  // namespace

Address Address::next() const {
  return stepped(*this, 1);
}

Address Address::previous() const {
  return stepped(*this, -1);
}

Address Subnet::first() const {
  return base.next();
}

Address Subnet::last_address() const {
  return with_host_bits(base, prefix, true);
}

Address Subnet::last() const {
  return has_broadcast(*this) ? last_address().previous() : last_address();
}

bool Subnet::contains(const Address& address) const {
  return address.v6 == base.v6 && with_host_bits(address, prefix, false) == base;
}

bool Subnet::is_host(const Address& address) const {
  return contains(address) && address != base && address <= last();
}

std::string Subnet::to_string() const {
  return format_address(base) + '/' + std::to_string(prefix);
}

Address ipv4(uint32_t number) {
  Address address;
  for (size_t index = 0; index < 4; ++index)
    address.bytes[index] = static_cast<uint8_t>(number >> (24 - kByte * static_cast<int>(index)));
  return address;
}

uint32_t ipv4_number(const Address& address) {
  uint32_t number = 0;
  for (size_t index = 0; index < 4; ++index) number = number << kByte | address.bytes[index];
  return number;
}

bool is_ipv6(const std::string& text) {
  return text.find(':') != std::string::npos;
}

std::string host_and_port(const std::string& host, const std::string& port) {
  return (is_ipv6(host) ? '[' + host + ']' : host) + ':' + port;
}

std::optional<Address> parse_address(const std::string& text) {
  Address address;
  address.v6 = is_ipv6(text);
  if (::inet_pton(address.v6 ? AF_INET6 : AF_INET, text.c_str(), address.bytes.data()) != 1)
    return std::nullopt;
  return address;
}

std::string format_address(const Address& address) {
  char text[INET6_ADDRSTRLEN];
  ::inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text);
  return text;
}

std::optional<Subnet> parse_subnet(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const std::optional<Address> base = parse_address(text.substr(0, slash));
  int prefix = -1;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + slash + 1, end, prefix);
  if (!base || parsed.ec != std::errc{} || parsed.ptr != end || prefix < 0 || prefix > base->bits())
    return std::nullopt;
  if (with_host_bits(*base, prefix, false) != *base) return std::nullopt;
  return Subnet{*base, prefix};
}

std::optional<Subnet> free_subnet(const std::vector<Subnet>& taken) {
  for (uint32_t second = 17; second <= 31; ++second) {
    const Subnet candidate{ipv4(172U << 24 | second << 16), 16};
    if (is_free(candidate, taken)) return candidate;
  }
  for (uint32_t third = 0; third < 256; third += 16) {
    const Subnet candidate{ipv4(192U << 24 | 168U << 16 | third << 8), 20};
    if (is_free(candidate, taken)) return candidate;
  }
  return std::nullopt;
}

std::optional<Subnet> free_local_subnet(const std::vector<Subnet>& taken, const std::string& seed) {
  constexpr uint8_t kLocal = 0xfd;
  constexpr unsigned kSubnets = 0x10000;
  Subnet candidate{{true, {kLocal}}, 64};
  const uint64_t global = digest_of(seed);
  for (size_t index = 0; index < 5; ++index)
    candidate.base.bytes[1 + index] = static_cast<uint8_t>(global >> (kByte * static_cast<int>(index)));
  for (unsigned number = 0; number < kSubnets; ++number) {
    candidate.base.bytes[6] = static_cast<uint8_t>(number >> kByte);
    candidate.base.bytes[7] = static_cast<uint8_t>(number);
    if (is_free(candidate, taken)) return candidate;
  }
  return std::nullopt;
}

std::string mac_for(const Address& address) {
  const uint32_t number =
      address.v6 ? static_cast<uint32_t>(digest_of(format_address(address))) : ipv4_number(address);
  char text[sizeof "02:42:00:00:00:00"];
  std::snprintf(text, sizeof text, "02:42:%02x:%02x:%02x:%02x", number >> 24, number >> 16 & 255,
                number >> 8 & 255, number & 255);
  return text;
}

uint64_t digest_of(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char character : text) {
    hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3;
  }
  return hash;
}

}  // namespace netmgr
