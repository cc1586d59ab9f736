#include "netmgr/dns_sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstring>

#include "netmgr/namespace_scope.h"
#include "netmgr/socket_lookup.h"
#include "sys/error.h"

namespace netmgr::dns {
namespace {

constexpr uint32_t kAddress = 0x7f00000b;  // 127.0.0.11
constexpr uint16_t kPort = 53;
constexpr const char* kName = "127.0.0.11:53";
constexpr int kBacklog = 64;

sys::Fd bound_socket(int type, uint16_t port) {
  sys::Fd fd(sys::check(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket", kName));
  const int on = 1;
  sys::check(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR", kName);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(kAddress);
  sys::check(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind", kName);
  if (type == SOCK_STREAM) sys::check(::listen(fd.get(), kBacklog), "listen", kName);
  return fd;
}

}  // namespace

ServerSockets::ServerSockets(const sys::Fd& netns) {
  const NamespaceScope inside(netns);
  udp_ = bound_socket(SOCK_DGRAM, 0);
  listener_ = bound_socket(SOCK_STREAM, 0);
  raw_ = sys::Fd(::socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW));
  if (raw_) link_ = redirect_lookups(netns, kAddress, kPort, udp_, listener_);
  if (link_) return;
  raw_.reset();
  udp_ = bound_socket(SOCK_DGRAM, kPort);
  listener_ = bound_socket(SOCK_STREAM, kPort);
}

void ServerSockets::renumber(int first) {
  for (sys::Fd* fd : {&udp_, &listener_, &raw_, &link_})
    if (*fd) *fd = sys::Fd(sys::check(::fcntl(fd->get(), F_DUPFD_CLOEXEC, first), "fcntl", kName));
}

void ServerSockets::send(std::span<const uint8_t> message, const sockaddr_in& to) const {
  const auto* address = reinterpret_cast<const sockaddr*>(&to);
  if (!raw_) {
    ::sendto(udp_.get(), message.data(), message.size(), 0, address, sizeof to);
    return;
  }
  // man 7 raw: the kernel fills in length, id and checksum of the IP header; a UDP checksum of 0 means none.
  struct {
    iphdr ip;
    udphdr udp;
  } header{};
  header.ip.version = 4;
  header.ip.ihl = sizeof(iphdr) / 4;
  header.ip.ttl = IPDEFTTL;
  header.ip.protocol = IPPROTO_UDP;
  header.ip.saddr = htonl(kAddress);
  header.ip.daddr = to.sin_addr.s_addr;
  header.udp.source = htons(kPort);
  header.udp.dest = to.sin_port;
  header.udp.len = htons(static_cast<uint16_t>(sizeof(udphdr) + message.size()));
  std::array<iovec, 2> parts{
      {{&header, sizeof header}, {const_cast<uint8_t*>(message.data()), message.size()}}};
  sockaddr_in target = to;
  target.sin_port = 0;
  msghdr packet{};
  packet.msg_name = &target;
  packet.msg_namelen = sizeof target;
  packet.msg_iov = parts.data();
  packet.msg_iovlen = parts.size();
  ::sendmsg(raw_.get(), &packet, 0);
}

}  // namespace netmgr::dns
