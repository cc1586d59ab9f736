#include "engine/port_reservation.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#include "engine/error.h"
#include "netmgr/address.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

constexpr uint16_t kFirstEphemeral = 32768;
constexpr uint16_t kLastEphemeral = 60999;

std::string shown(const PublishedPort& port) {
  const std::string host = port.host_ip.empty() ? "0.0.0.0" : port.host_ip;
  return netmgr::host_and_port(host, std::to_string(port.host_port)) + "/" + port.protocol;
}

// As /proc/net writes addresses: words of four bytes in the machine's order.
std::string as_in_table(const std::string& host_ip) {
  const auto address = netmgr::parse_address(host_ip.empty() ? "0.0.0.0" : host_ip);
  std::string text;
  for (size_t at = 0; address && at < address->size(); at += sizeof(uint32_t)) {
    uint32_t word = 0;
    std::memcpy(&word, address->bytes.data() + at, sizeof word);
    text += fmt::format("{:08X}", word);
  }
  return text;
}

bool is_any(std::string_view address) {
  return address.find_first_not_of('0') == std::string_view::npos;
}

// A socket of IPv6 is in IPv4's way with :: and with ::ffff:10.0.0.1; none of IPv4 is in that of IPv6.
bool clashes(std::string_view local, std::string_view wanted) {
  constexpr std::string_view kMapped = "0000000000000000FFFF0000";
  if (local.size() < wanted.size()) return false;
  if (local.size() > wanted.size()) {
    if (!local.starts_with(kMapped)) return is_any(local);
    local.remove_prefix(kMapped.size());
  }
  return local == wanted || is_any(local) || is_any(wanted);
}

// Inode of the socket that has this local port, from /proc/net/{tcp,udp}; 0 when none is seen.
uint64_t socket_inode(const PublishedPort& port) {
  const std::string wanted = as_in_table(port.host_ip);
  for (const char* suffix : {"", "6"}) {
    std::ifstream table("/proc/net/" + port.protocol + suffix);
    std::string line;
    std::getline(table, line);
    while (std::getline(table, line)) {
      std::istringstream fields(line);
      std::string slot, local, remote, state, skip;
      uint64_t inode = 0;
      fields >> slot >> local >> remote >> state >> skip >> skip >> skip >> skip >> skip >> inode;
      const size_t colon = local.rfind(':');
      const bool listening = port.protocol != "tcp" || state == "0A";
      if (colon == std::string::npos || !listening) continue;
      if (std::stoul(local.substr(colon + 1), nullptr, 16) == port.host_port &&
          clashes(std::string_view(local).substr(0, colon), wanted))
        return inode;
    }
  }
  return 0;
}

bool holds(const std::string& pid, const std::string& link) {
  const std::string folder = "/proc/" + pid + "/fd";
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  if (!dir) return false;
  while (const dirent* entry = ::readdir(dir.get())) {
    char target[64];
    const ssize_t n = ::readlinkat(::dirfd(dir.get()), entry->d_name, target, sizeof target);
    if (n > 0 && link == std::string_view(target, static_cast<size_t>(n))) return true;
  }
  return false;
}

// " by nginx (pid 12)", or nothing when it cannot be found out.
std::string holder_of(const PublishedPort& port) {
  const uint64_t inode = socket_inode(port);
  if (inode == 0) return {};
  const std::string link = "socket:[" + std::to_string(inode) + "]";
  const std::unique_ptr<DIR, int (*)(DIR*)> proc(::opendir("/proc"), ::closedir);
  while (const dirent* entry = proc ? ::readdir(proc.get()) : nullptr) {
    const std::string pid = entry->d_name;
    if (pid.find_first_not_of("0123456789") != std::string::npos || !holds(pid, link)) continue;
    std::string name = sys::read_file_if_exists("/proc/" + pid + "/comm").value_or("");
    while (!name.empty() && name.back() == '\n') name.pop_back();
    if (name.starts_with("compose-monito")) {  // comm is cut at 15 bytes
      return " by another container (its monitor is pid " + pid + ")";
    }
    return " by " + name + " (pid " + pid + ")";
  }
  return {};
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

SocketAddress address_of(const PublishedPort& port) {
  SocketAddress result;
  if (netmgr::is_ipv6(port.host_ip)) {
    auto* address = reinterpret_cast<sockaddr_in6*>(&result.storage);
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(port.host_port);
    if (::inet_pton(AF_INET6, port.host_ip.c_str(), &address->sin6_addr) != 1)
      throw Error(Error::Kind::kInvalid, "published port " + shown(port) + ": not an IPv6 address");
    result.size = sizeof *address;
    return result;
  }
  auto* address = reinterpret_cast<sockaddr_in*>(&result.storage);
  address->sin_family = AF_INET;
  address->sin_port = htons(port.host_port);
  if (!port.host_ip.empty() && ::inet_pton(AF_INET, port.host_ip.c_str(), &address->sin_addr) != 1)
    throw Error(Error::Kind::kInvalid, "published port " + shown(port) + ": not an IPv4 address");
  result.size = sizeof *address;
  return result;
}

void set_option(const sys::Fd& socket, int level, int option, const char* name) {
  const int on = 1;
  sys::check(::setsockopt(socket.get(), level, option, &on, sizeof on), "setsockopt", name);
}

sys::Fd try_bind(const PublishedPort& port) {
  const SocketAddress address = address_of(port);
  if (port.protocol == "sctp") return {};
  const bool tcp = port.protocol == "tcp";
  const int family = address.storage.ss_family;
  sys::Fd socket(sys::check(::socket(family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0), "socket"));
  // Lets TIME_WAIT leftovers pass; a listening socket still refuses.
  if (tcp && family == AF_INET) set_option(socket, SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR");
  // Of IPv4 another socket is held, or none.
  if (family == AF_INET6) set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY");
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) {
    if (errno == EADDRNOTAVAIL) {
      throw Error(Error::Kind::kInvalid,
                  "published port " + shown(port) + ": this host has no address " + port.host_ip);
    }
    if (errno != EADDRINUSE) sys::fail("bind", shown(port));
    return {};
  }
  // What is sent to ::1 meets the socket of IPv6, since no rule leads it away: not listening, it refuses, and
  // the client goes on to 127.0.0.1. Without SO_REUSEADDR being bound is enough to hold the port.
  if (tcp && family == AF_INET && ::listen(socket.get(), 1) != 0) {
    if (errno != EADDRINUSE) sys::fail("listen", shown(port));
    return {};
  }
  return socket;
}

// The port on all the addresses, or on none; then `refused` is the one that was taken.
std::vector<Reservation> try_all(PublishedPort port, uint16_t number, const std::vector<std::string>& hosts,
                                 PublishedPort& refused) {
  std::vector<Reservation> held;
  port.host_port = port.host_port_end = number;
  for (const std::string& host : hosts) {
    port.host_ip = host == "0.0.0.0" ? "" : host;  // every address has one spelling, or rows would not meet
    sys::Fd socket = try_bind(port);
    if (!socket && port.protocol != "sctp") {
      refused = port;
      return {};
    }
    held.push_back({port, std::move(socket)});
  }
  return held;
}

}  // namespace

std::vector<int> sockets_of(const std::vector<Reservation>& held) {
  std::vector<int> sockets;
  for (const Reservation& reservation : held) {
    if (reservation.socket) sockets.push_back(reservation.socket.get());
  }
  return sockets;
}

std::vector<Reservation> reserve_port(const PublishedPort& wanted, const std::vector<std::string>& hosts) {
  if (hosts.empty()) return {};
  PublishedPort refused;
  if (wanted.host_port == 0) {
    std::random_device random;
    const int span = kLastEphemeral - kFirstEphemeral + 1;
    const int start = static_cast<int>(random() % static_cast<unsigned>(span));
    for (int i = 0; i < span; ++i) {
      const auto number = static_cast<uint16_t>(kFirstEphemeral + (start + i) % span);
      if (auto held = try_all(wanted, number, hosts, refused); !held.empty()) return held;
    }
    throw Error(Error::Kind::kUnavailable, "no host port between 32768 and 60999 is free");
  }
  const int last = std::max(wanted.host_port, wanted.host_port_end);
  for (int number = wanted.host_port; number <= last; ++number) {
    if (auto held = try_all(wanted, static_cast<uint16_t>(number), hosts, refused); !held.empty())
      return held;
  }
  refused.host_port = wanted.host_port;
  if (last > wanted.host_port) {
    throw Error(Error::Kind::kConflict,
                "no host port of " + shown(refused) + " to " + std::to_string(last) + " is free");
  }
  throw Error(Error::Kind::kConflict, "host port " + shown(refused) + " is already in use" +
                                          holder_of(refused) + "; stop that program or publish another port");
}

}  // namespace engine
