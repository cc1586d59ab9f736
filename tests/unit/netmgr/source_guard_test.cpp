#include "netmgr/source_guard.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <catch2/catch.hpp>

#include "world.h"

using namespace netmgr;
using namespace netmgr::test;

namespace {

// A datagram to port 9000 with whatever source, by a raw socket, as CAP_NET_RAW allows.
void send_as(const sys::Fd& netns, const std::string& source, const std::string& destination) {
  const NamespaceScope scope(netns);
  const sys::Fd raw(sys::check(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), "socket"));
  struct {
    iphdr ip;
    udphdr udp;
    char data;
  } __attribute__((packed)) packet{};
  packet.ip.version = 4;
  packet.ip.ihl = 5;
  packet.ip.ttl = 64;
  packet.ip.protocol = IPPROTO_UDP;
  packet.ip.saddr = htonl(ipv4_number(*parse_address(source)));
  packet.ip.daddr = htonl(ipv4_number(*parse_address(destination)));
  packet.udp.source = htons(9000);
  packet.udp.dest = htons(9000);
  packet.udp.len = htons(9);
  const sockaddr_in to = socket_address(destination, 0);
  sys::check(
      ::sendto(raw.get(), &packet, sizeof packet, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
      "sendto", destination);
}

// A broadcast frame of a type with 28 zero bytes behind, from a MAC address ending in `last`.
void send_frame(const sys::Fd& netns, uint16_t type, uint8_t last) {
  const NamespaceScope scope(netns);
  const sys::Fd raw(sys::check(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "socket"));
  std::vector<uint8_t> frame(42);
  std::fill_n(frame.begin(), 6, 0xff);
  const std::vector<uint8_t> mac{0x02, 0x42, 172, 18, 0, last};
  std::copy(mac.begin(), mac.end(), frame.begin() + 6);
  frame[12] = static_cast<uint8_t>(type >> 8);
  frame[13] = static_cast<uint8_t>(type);
  std::copy(mac.begin(), mac.end(), frame.begin() + 22);  // ARP: sender
  std::copy(mac.begin() + 2, mac.end(), frame.begin() + 28);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(::if_nametoindex("eth0"));
  sys::check(
      ::sendto(raw.get(), frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
      "sendto", "eth0");
}

sys::Fd listen_for(const sys::Fd& netns, uint16_t type) {
  const NamespaceScope scope(netns);
  return sys::Fd(sys::check(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(type)), "socket"));
}

}  // namespace

TEST_CASE("A container cannot send with a neighbour's or its gateway's address") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  const Container liar(network, "172.18.0.2");
  const Container victim(network, "172.18.0.3");
  const Container target(network, "172.18.0.4");
  const Service service(target.netns, "0.0.0.0", 9000, SOCK_DGRAM);
  send_as(liar.netns, "172.18.0.2", "172.18.0.4");
  CHECK(service.client(kSoon) == "172.18.0.2");
  send_as(liar.netns, "172.18.0.3", "172.18.0.4");
  send_as(liar.netns, "172.18.0.1", "172.18.0.4");
  CHECK_FALSE(service.client(kNever));
  send_as(liar.netns, "10.8.0.5", "172.18.0.4");  // routed through it, say from a VPN
  CHECK(wait_for(service.fd, POLLIN, kSoon));
}

TEST_CASE("A container cannot claim a neighbour's address by ARP, nor use another MAC or protocol") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  const Container liar(network, "172.18.0.2");
  const Container target(network, "172.18.0.4");
  const sys::Fd arp = listen_for(target.netns, ETH_P_ARP);
  const sys::Fd other = listen_for(target.netns, 0x88b5);  // for local experiments
  send_frame(liar.netns, ETH_P_ARP, 3);
  send_frame(liar.netns, 0x88b5, 2);
  CHECK_FALSE(wait_for(arp, POLLIN, kNever));
  CHECK_FALSE(wait_for(other, POLLIN, kNever));
  send_frame(liar.netns, ETH_P_ARP, 2);
  CHECK(wait_for(arp, POLLIN, kSoon));
}

TEST_CASE("What says it comes from the host's loopback does not get in from a container") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  const Container liar(network, "172.18.0.2");
  const Service service(world.host, "0.0.0.0", 9000, SOCK_DGRAM);
  send_as(liar.netns, "172.18.0.2", "172.18.0.1");
  CHECK(service.client(kSoon) == "172.18.0.2");
  for (const char* source : {"127.0.0.1", "127.0.0.2", "127.1.2.3"}) {
    INFO(source);
    send_as(liar.netns, source, "172.18.0.1");
    CHECK_FALSE(wait_for(service.fd, POLLIN, kNever));
  }
}
