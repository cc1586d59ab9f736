#pragma once
// An address and port, IPv4 or IPv6, as the kernel takes it.
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace netmgr::lb {

class SocketAddress {
 public:
  SocketAddress() = default;
  SocketAddress(const sockaddr_storage& storage, socklen_t size) : storage_(storage), size_(size) {}
  // "10.0.0.2:80" or "[fd00::2]:80"; no names are looked up.
  static std::optional<SocketAddress> parse(std::string_view text);

  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int family() const { return storage_.ss_family; }
  uint16_t port() const;
  std::string host() const;       // "10.0.0.2", "fd00::2"
  std::string to_string() const;  // as parse takes it
  SocketAddress with_port(uint16_t port) const;
  uint64_t hash() const;  // of the address alone: the same client has the same

  bool operator==(const SocketAddress& other) const { return to_string() == other.to_string(); }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace netmgr::lb
