#include "engine/port_reservation.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

constexpr uint16_t kFirstEphemeral = 32768;
constexpr uint16_t kLastEphemeral = 60999;

std::string shown(const PublishedPort& port) {
  return (port.host_ip.empty() ? "0.0.0.0" : port.host_ip) + ":" + std::to_string(port.host_port) + "/" +
         port.protocol;
}

// Inode of the socket bound to this local port, from /proc/net/{tcp,udp}; 0 when none is seen.
uint64_t socket_inode(const PublishedPort& port) {
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
      if (std::stoul(local.substr(colon + 1), nullptr, 16) == port.host_port) return inode;
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

sys::Fd try_bind(const PublishedPort& port) {
  if (port.protocol == "sctp") return {};
  const bool tcp = port.protocol == "tcp";
  sys::Fd socket(sys::check(::socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port.host_port);
  if (!port.host_ip.empty() && ::inet_pton(AF_INET, port.host_ip.c_str(), &address.sin_addr) != 1) {
    throw Error(Error::Kind::kInvalid, "published port " + shown(port) + ": not an IPv4 address");
  }
  const int on = 1;  // lets TIME_WAIT leftovers pass; a listening socket still refuses
  if (tcp)
    sys::check(::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "setsockopt",
               "SO_REUSEADDR");
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EADDRNOTAVAIL) {
      throw Error(Error::Kind::kInvalid,
                  "published port " + shown(port) + ": this host has no address " + port.host_ip);
    }
    if (errno != EADDRINUSE) sys::fail("bind", shown(port));
    return {};
  }
  if (tcp && ::listen(socket.get(), 1) != 0) {
    if (errno != EADDRINUSE) sys::fail("listen", shown(port));
    return {};
  }
  return socket;
}

}  // namespace

std::vector<int> sockets_of(const std::vector<Reservation>& held) {
  std::vector<int> sockets;
  for (const Reservation& reservation : held) {
    if (reservation.socket) sockets.push_back(reservation.socket.get());
  }
  return sockets;
}

Reservation reserve_port(const PublishedPort& wanted) {
  PublishedPort port = wanted;
  if (port.host_ip == "0.0.0.0")
    port.host_ip.clear();  // every address has one spelling, or rows would not meet
  if (wanted.host_port == 0) {
    std::random_device random;
    const int span = kLastEphemeral - kFirstEphemeral + 1;
    const int start = static_cast<int>(random() % static_cast<unsigned>(span));
    for (int i = 0; i < span; ++i) {
      port.host_port = port.host_port_end = static_cast<uint16_t>(kFirstEphemeral + (start + i) % span);
      if (sys::Fd socket = try_bind(port); socket || port.protocol == "sctp")
        return {port, std::move(socket)};
    }
    throw Error(Error::Kind::kUnavailable, "no host port between 32768 and 60999 is free");
  }
  const int last = std::max(wanted.host_port, wanted.host_port_end);
  for (int candidate = wanted.host_port; candidate <= last; ++candidate) {
    port.host_port = port.host_port_end = static_cast<uint16_t>(candidate);
    if (sys::Fd socket = try_bind(port); socket || port.protocol == "sctp") return {port, std::move(socket)};
  }
  port.host_port = wanted.host_port;
  if (last > wanted.host_port) {
    throw Error(Error::Kind::kConflict,
                "no host port of " + shown(port) + " to " + std::to_string(last) + " is free");
  }
  throw Error(Error::Kind::kConflict, "host port " + shown(port) + " is already in use" + holder_of(port) +
                                          "; stop that program or publish another port");
}

}  // namespace engine
