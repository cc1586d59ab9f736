#include "netmgr/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

namespace netmgr {
namespace {

uint32_t mask_of(int prefix) {
  return prefix == 0 ? 0 : ~uint32_t{0} << (32 - prefix);
}

}  // namespace

// RFC 3021: a /31 (and a /32) has no broadcast address of its own.
uint32_t Subnet::last() const {
  const uint32_t highest = base | ~mask_of(prefix);
  return prefix >= 31 ? highest : highest - 1;
}

bool Subnet::contains(uint32_t address) const {
  return (address & mask_of(prefix)) == base;
}

bool Subnet::overlaps(const Subnet& other) const {
  return prefix <= other.prefix ? contains(other.base) : other.contains(base);
}

std::string Subnet::to_string() const {
  return fmt::format("{}/{}", format_address(base), prefix);
}

std::optional<uint32_t> parse_address(const std::string& text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::string format_address(uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

std::optional<Subnet> parse_subnet(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const std::optional<uint32_t> base = parse_address(text.substr(0, slash));
  int prefix = -1;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + slash + 1, end, prefix);
  if (!base || parsed.ec != std::errc{} || parsed.ptr != end || prefix < 0 || prefix > 32)
    return std::nullopt;
  if ((*base & ~mask_of(prefix)) != 0) return std::nullopt;
  return Subnet{*base, prefix};
}

std::optional<Subnet> free_subnet(const std::vector<Subnet>& taken) {
  const auto is_free = [&](const Subnet& candidate) {
    for (const Subnet& other : taken) {
      if (candidate.overlaps(other)) return false;
    }
    return true;
  };
  for (uint32_t second = 17; second <= 31; ++second) {
    const Subnet candidate{172U << 24 | second << 16, 16};
    if (is_free(candidate)) return candidate;
  }
  for (uint32_t third = 0; third < 256; third += 16) {
    const Subnet candidate{192U << 24 | 168U << 16 | third << 8, 20};
    if (is_free(candidate)) return candidate;
  }
  return std::nullopt;
}

std::string mac_for(uint32_t address) {
  return fmt::format("02:42:{:02x}:{:02x}:{:02x}:{:02x}", address >> 24, address >> 16 & 255,
                     address >> 8 & 255, address & 255);
}

}  // namespace netmgr
