#include "netmgr/lb/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <cstring>

namespace netmgr::lb {
namespace {

// An IPv4 client on an IPv6 socket is itself, not "::ffff:10.0.0.2".
constexpr size_t kMappedOffset = 12;

}  // namespace

std::optional<SocketAddress> SocketAddress::parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  std::string host(text.substr(0, colon));
  SocketAddress result;
  if (host.starts_with('[') && host.ends_with(']')) {
    auto* address = reinterpret_cast<sockaddr_in6*>(&result.storage_);
    if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address->sin6_addr) != 1)
      return std::nullopt;
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(port);
    result.size_ = sizeof *address;
    return result;
  }
  auto* address = reinterpret_cast<sockaddr_in*>(&result.storage_);
  if (inet_pton(AF_INET, host.c_str(), &address->sin_addr) != 1) return std::nullopt;
  address->sin_family = AF_INET;
  address->sin_port = htons(port);
  result.size_ = sizeof *address;
  return result;
}

uint16_t SocketAddress::port() const {
  // The port is at the same place in both.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
}

SocketAddress SocketAddress::with_port(uint16_t port) const {
  SocketAddress result = *this;
  reinterpret_cast<sockaddr_in*>(&result.storage_)->sin_port = htons(port);
  return result;
}

std::string SocketAddress::host() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == AF_INET6) {
    const in6_addr& address = reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address))
      inet_ntop(AF_INET, address.s6_addr + kMappedOffset, text.data(), text.size());
    else
      inet_ntop(AF_INET6, &address, text.data(), text.size());
  } else if (family() == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr, text.data(), text.size());
  }
  return text.data();
}

std::string SocketAddress::to_string() const {
  const std::string address = host();
  const bool brackets = address.find(':') != std::string::npos;
  return (brackets ? "[" + address + "]" : address) + ":" + std::to_string(port());
}

uint64_t SocketAddress::hash() const {
  // FNV-1a: spread well enough over a handful of servers.
  uint64_t result = 0xcbf29ce484222325;
  for (const char c : host()) result = (result ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return result ^ result >> 32;
}

}  // namespace netmgr::lb
