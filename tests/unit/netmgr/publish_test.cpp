#include <catch2/catch.hpp>

#include "netmgr/driver.h"
#include "nft.h"
#include "world.h"

using namespace netmgr;
using namespace netmgr::test;

namespace {

// Bridged frames pass the IP rules or not, as the host's br_netfilter has it; ours must hold either way.
void set_bridge_netfilter(bool on) {
  const std::string knob = "/proc/sys/net/bridge/bridge-nf-call-iptables";
  if (sys::read_file_if_exists(knob)) sys::write_knob(knob, on ? "1" : "0");
}

}  // namespace

TEST_CASE("A published port is reached from outside with the client's address kept") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  const Container container(network, "172.18.0.2");
  const Service web(container.netns, "0.0.0.0", 80);
  publish({{"", 8080, "172.18.0.2", 80, "tcp"}});
  CHECK(reach(world.outside, World::kHost, 8080, web) == World::kOutside);
  unpublish({{"", 8080, "172.18.0.2", 80, "tcp"}});
  CHECK_FALSE(reach(world.outside, World::kHost, 8080, web, kNever));
}

TEST_CASE("A published port is reached from the host by 127.0.0.1 and by its own address") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  const Container container(network, "172.18.0.2");
  const Service web(container.netns, "0.0.0.0", 80);
  publish({{"", 8080, "172.18.0.2", 80, "tcp"}});
  CHECK(reach(world.host, "127.0.0.1", 8080, web) == "172.18.0.1");
  CHECK(reach(world.host, World::kHost, 8080, web));
  CHECK(reach(world.host, "172.18.0.1", 8080, web));
}

TEST_CASE("Containers reach a published port by the host's address: another network, the same, and itself") {
  if (!is_root()) return;
  const World world;
  for (const bool bridge_netfilter : {false, true}) {
    INFO("br_netfilter " << bridge_netfilter);
    set_bridge_netfilter(bridge_netfilter);
    const Network network = make_network();
    const Network other = make_network("172.19");
    setup_network(network);
    setup_network(other);
    const Container container(network, "172.18.0.2");
    const Container neighbour(network, "172.18.0.3");
    const Container stranger(other, "172.19.0.2");
    const Service web(container.netns, "0.0.0.0", 80);
    publish({{"", 8080, "172.18.0.2", 80, "tcp"}});
    CHECK(reach(stranger.netns, World::kHost, 8080, web));
    CHECK(reach(stranger.netns, "172.19.0.1", 8080, web));
    CHECK(reach(neighbour.netns, World::kHost, 8080, web));
    CHECK(reach(neighbour.netns, "172.18.0.1", 8080, web));
    CHECK(reach(container.netns, World::kHost, 8080, web));
    CHECK_FALSE(reach(stranger.netns, "172.18.0.2", 80, web, kNever));
    CHECK(reach(neighbour.netns, "172.18.0.2", 80, web) == "172.18.0.3");
    teardown_network(network);
    teardown_network(other);
  }
}

TEST_CASE(
    "A port bound to 127.0.0.1 is the host's alone, even for a neighbour that routes 127.0.0.0/8 to it") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  const Container container(network, "172.18.0.2");
  const Container neighbour(network, "172.18.0.3");
  const Service web(container.netns, "0.0.0.0", 80);
  publish({{"127.0.0.1", 8080, "172.18.0.2", 80, "tcp"}});
  CHECK(reach(world.host, "127.0.0.1", 8080, web) == "172.18.0.1");
  CHECK_FALSE(reach(world.host, World::kHost, 8080, web, kNever));
  CHECK_FALSE(reach(world.outside, World::kHost, 8080, web, kNever));
  CHECK_FALSE(reach(neighbour.netns, World::kHost, 8080, web, kNever));

  // The neighbour gives up its own loopback so that 127.0.0.1 leaves by the wire.
  const NamespaceScope scope(world.outside);
  send_loopback_to_the_wire(World::kHost);
  CHECK_FALSE(reach(world.outside, "127.0.0.1", 8080, web, kNever));
}

TEST_CASE("A service that listens on the host's loopback is not reached from a container") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  const Container container(network, "172.18.0.2");
  const Service secret(world.host, "127.0.0.1", 9000);
  CHECK(reach(world.host, "127.0.0.1", 9000, secret));
  const NamespaceScope scope(container.netns);
  send_loopback_to_the_wire("172.18.0.1");
  CHECK_FALSE(reach(container.netns, "127.0.0.1", 9000, secret, kNever));
}

TEST_CASE("UDP is published, and a flow from before does not stick to where it led") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  const Container first(network, "172.18.0.2");
  const Container second(network, "172.18.0.3");
  const Service old_dns(first.netns, "0.0.0.0", 53, SOCK_DGRAM);
  const Service new_dns(second.netns, "0.0.0.0", 53, SOCK_DGRAM);

  // One client socket, so one flow.
  const sys::Fd client = socket_in(world.outside, SOCK_DGRAM);
  const sockaddr_in name = socket_address(World::kHost, 5353);
  sys::check(::connect(client.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), "connect");
  (void)::send(client.get(), "a", 1, 0);  // makes an entry that leads nowhere
  publish({{"", 5353, "172.18.0.2", 53, "udp"}});
  char byte = 0;
  (void)wait_for(client, POLLERR, 50);
  (void)::recv(client.get(), &byte, 1, 0);
  sys::check(::send(client.get(), "a", 1, 0), "send");
  CHECK(old_dns.client(kSoon) == World::kOutside);
  unpublish({{"", 5353, "172.18.0.2", 53, "udp"}});
  publish({{"", 5353, "172.18.0.3", 53, "udp"}});
  sys::check(::send(client.get(), "a", 1, 0), "send");
  CHECK(new_dns.client(kSoon) == World::kOutside);
  CHECK(reach(world.host, "127.0.0.1", 5353, new_dns) == "172.18.0.1");
}

TEST_CASE("A port that leads to a living container is not taken over; one that leads to a dead one is") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  const Container first(network, "172.18.0.2");
  const Container second(network, "172.18.0.3");
  const Service web(second.netns, "0.0.0.0", 80);
  publish({{"", 8080, "172.18.0.2", 80, "tcp"}});
  const std::vector<Publish> ports{{"", 8080, "172.18.0.3", 80, "tcp"}, {"", 8081, "172.18.0.3", 80, "tcp"}};
  CHECK_THROWS_WITH(publish(ports), Catch::Contains("0.0.0.0:8080/tcp") && Catch::Contains("172.18.0.2:80"));
  CHECK(ports_in_rules().size() == 1);
  unpublish(ports);  // not ours: stays
  CHECK(ports_in_rules().size() == 1);
  detach(network, first.endpoint);
  publish(ports);
  CHECK(ports_in_rules().size() == 2);
  CHECK(reach(world.outside, World::kHost, 8080, web) == World::kOutside);
}

TEST_CASE("What cannot be published is refused by name") {
  if (!is_root()) return;
  const World world;
  setup_network(make_network());
  CHECK_THROWS_WITH(publish({{"", 80, "172.18.0.2", 80, "icmp"}}), Catch::Contains("icmp"));
  CHECK_THROWS_WITH(publish({{"::1", 80, "172.18.0.2", 80, "tcp"}}), Catch::Contains("::1"));
  CHECK_THROWS_WITH(publish({{"", 80, "172.18.0.2 }; flush ruleset", 80, "tcp"}}),
                    Catch::Contains("container address"));
  CHECK_THROWS_AS(publish({{"", 0, "172.18.0.2", 80, "tcp"}}), sys::Error);
}

TEST_CASE("Another tool's chain that drops by policy does not stop our traffic, its own rules still do") {
  if (!is_root()) return;
  const World world;
  nft::run(
      "add table ip filter\n"
      "add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }\n"
      "add rule ip filter FORWARD tcp dport 81 drop\n",
      "test");
  const std::string before = nft::list("list ruleset", "ruleset");
  const Network network = make_network();
  const Network other = make_network("172.19");
  setup_network(network);
  setup_network(network);
  setup_network(other);
  const Container container(network, "172.18.0.2");
  const Container stranger(other, "172.19.0.2");
  const Service web(container.netns, "0.0.0.0", 80);
  const Service blocked(container.netns, "0.0.0.0", 81);
  const Service outside(world.outside, "0.0.0.0", 80);
  publish({{"", 8080, "172.18.0.2", 80, "tcp"}, {"", 8081, "172.18.0.2", 81, "tcp"}});
  CHECK(reach(world.outside, World::kHost, 8080, web) == World::kOutside);
  CHECK(reach(container.netns, World::kOutside, 80, outside) == World::kHost);
  CHECK_FALSE(reach(world.outside, World::kHost, 8081, blocked, kNever));
  CHECK_FALSE(reach(stranger.netns, "172.18.0.2", 80, web, kNever));
  teardown_network(network);
  teardown_network(other);
  remove_firewall_if_unused();
  CHECK(nft::list("list ruleset", "ruleset") == before);
  CHECK(sys::read_file("/proc/sys/net/ipv4/ip_forward") == "1\n");  // the other tool may want it
}
