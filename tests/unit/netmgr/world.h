#pragma once
// A host of its own for a test: the test's thread moves into a fresh network namespace that has an uplink to
// a second one, `outside`. The machine's own links and rules are never touched; all of it vanishes with the
// object.
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "netmgr/address.h"
#include "netmgr/driver.h"
#include "netmgr/link.h"
#include "netmgr/namespace_scope.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/random.h"

namespace netmgr::test {

// iproute2, where a test needs what the product does not.
inline void run_ip(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "ip");
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, "ip", nullptr, nullptr, argv.data(), environ);
  if (error != 0) throw sys::Error(error, "posix_spawnp", "ip");
  int status = 0;
  sys::check(::waitpid(pid, &status, 0), "waitpid", "ip");
  if (status != 0) throw sys::Error(EINVAL, "ip", arguments.back());
}

inline bool is_root() {
  if (::geteuid() == 0) return true;
  std::cout << "skipped: network namespaces need root\n";
  return false;
}

struct World {
  static constexpr const char* kHost = "203.0.113.1";
  static constexpr const char* kOutside = "203.0.113.2";
  static constexpr const char* kHost6 = "2001:db8::1";
  static constexpr const char* kOutside6 = "2001:db8::2";

  sys::Fd host = new_namespace();
  NamespaceScope inside{host};
  sys::Fd outside = new_namespace();

  // With `v6` the host and outside have 2001:db8::1 and ::2 as well.
  explicit World(bool v6 = false) {
    NetlinkSocket route(NETLINK_ROUTE);
    std::vector<InterfaceAddress> here{{*parse_address(kHost), 24}}, there{{*parse_address(kOutside), 24}};
    std::vector<Address> gateways{*parse_address(kHost)};
    if (v6) {
      here.push_back({*parse_address(kHost6), 64});
      there.push_back({*parse_address(kOutside6), 64});
      gateways.push_back(*parse_address(kHost6));
    }
    ensure_bridge(route, {"up0", "uplink", here, 1400});
    const std::optional<Link> uplink = find_link(route, "up0");
    make_veth(route, *uplink, {"up1", "uplink", {"eth0", "02:00:00:00:00:02", there, gateways}}, outside);
  }
};

struct Container {
  std::string id = sys::random_hex(64);
  sys::Fd netns = new_namespace();
  Endpoint endpoint;

  // Either address may be empty.
  Container(const Network& network, const std::string& address, const std::string& address6 = "") {
    endpoint.container_id = id;
    endpoint.address = address;
    endpoint.address6 = address6;
    endpoint.mac = mac_for(*parse_address(address.empty() ? address6 : address));
    endpoint.default_route = endpoint.default_route6 = !network.internal;
    attach(network, endpoint, netns);
  }
};

inline Network make_network(const std::string& prefix = "172.18", bool internal = false) {
  Network network;
  network.id = sys::random_hex(64);
  network.pools = {{prefix + ".0.0/16", prefix + ".0.1"}};
  network.internal = internal;
  return network;
}

inline sockaddr_in socket_address(const std::string& address, uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  result.sin_addr.s_addr = htonl(ipv4_number(parse_address(address).value()));
  return result;
}

// A socket opened in a namespace; `type` SOCK_STREAM or SOCK_DGRAM.
inline sys::Fd socket_in(const sys::Fd& netns, int type) {
  const NamespaceScope scope(netns);
  return sys::Fd(sys::check(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
}

inline bool wait_for(const sys::Fd& fd, short events, int milliseconds) {
  pollfd entry{fd.get(), events, 0};
  return ::poll(&entry, 1, milliseconds) == 1;
}

// A TCP or UDP service bound in a namespace.
struct Service {
  int type;
  sys::Fd fd;

  Service(const sys::Fd& netns, const std::string& address, uint16_t port, int kind = SOCK_STREAM)
      : type(kind), fd(socket_in(netns, kind)) {
    const sockaddr_in name = socket_address(address, port);
    sys::check(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), "bind", address);
    if (type == SOCK_STREAM) sys::check(::listen(fd.get(), 16), "listen", address);
  }

  // The address a client comes from as this service sees it; nothing when none comes in time.
  std::optional<std::string> client(int milliseconds) const {
    if (!wait_for(fd, POLLIN, milliseconds)) return std::nullopt;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    if (type == SOCK_STREAM) {
      const sys::Fd accepted(::accept4(fd.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC));
      sys::check(accepted.get(), "accept");
    } else {
      char byte = 0;
      sys::check(::recvfrom(fd.get(), &byte, 1, 0, reinterpret_cast<sockaddr*>(&from), &size), "recvfrom");
      sys::check(::sendto(fd.get(), "b", 1, 0, reinterpret_cast<sockaddr*>(&from), size), "sendto");
    }
    return format_address(ipv4(ntohl(from.sin_addr.s_addr)));
  }
};

// Packets to 127.0.0.0/8 leave by eth0 of the present namespace from now on.
inline void send_loopback_to_the_wire(const std::string& gateway) {
  sys::write_knob("/proc/sys/net/ipv4/conf/eth0/route_localnet", "1");
  run_ip({"rule", "del", "table", "local"});
  run_ip({"route", "add", "127.0.0.1/32", "via", gateway, "dev", "eth0", "table", "main"});
}

constexpr int kSoon = 4000;  // for what must work
constexpr int kNever = 300;  // for what must not

// Connects from a namespace and tells the client's address as `service` sees it; nothing when it does not get
// there or the answer does not come back.
inline std::optional<std::string> reach(const sys::Fd& from, const std::string& address, uint16_t port,
                                        const Service& service, int milliseconds = kSoon) {
  const sys::Fd client = socket_in(from, service.type);
  const sockaddr_in name = socket_address(address, port);
  const int result = ::connect(client.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
  if (result != 0 && errno != EINPROGRESS) return std::nullopt;
  if (service.type == SOCK_STREAM) {
    if (!wait_for(client, POLLOUT, milliseconds)) return std::nullopt;
    int error = 0;
    socklen_t size = sizeof error;
    sys::check(::getsockopt(client.get(), SOL_SOCKET, SO_ERROR, &error, &size), "getsockopt");
    if (error != 0) return std::nullopt;
    return service.client(milliseconds);
  }
  if (::send(client.get(), "a", 1, 0) != 1) return std::nullopt;
  std::optional<std::string> seen = service.client(milliseconds);
  char byte = 0;
  if (!wait_for(client, POLLIN, milliseconds) || ::recv(client.get(), &byte, 1, 0) != 1) return std::nullopt;
  return seen;
}

}  // namespace netmgr::test
