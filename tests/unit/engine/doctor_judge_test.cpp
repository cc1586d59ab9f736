#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/doctor/facts.h"

using namespace engine::doctor;

namespace {

// A host with one network and one container on it, all in order.
Facts healthy() {
  Facts facts;
  facts.host = {.forwarding = true,
                .forwarding6 = false,
                .table = true,
                .legacy_rules = false,
                .name_servers = {{"10.0.0.53", true}}};
  NetworkFacts network;
  network.name = "shop_front";
  network.link_name = "br-0123456789ab";
  network.subnets = {"172.18.0.0/16"};
  network.used = network.link = network.up = network.in_rules = true;
  network.mtu = network.uplink_mtu = 1500;
  network.uplink = "ens3";
  facts.networks.push_back(network);
  ContainerFacts container;
  container.name = "shop-web-1";
  container.monitor = container.own_names_resolve = container.wants_default_route = container.default_route =
      true;
  container.endpoints.push_back({"shop_front", {"172.18.0.2"}, true, true, {}});
  container.ports.push_back({"0.0.0.0:8080", 80, "tcp", true, Listener::kThere});
  facts.containers.push_back(container);
  return facts;
}

// What is found beside what is fine.
std::vector<Finding> ills(const Facts& facts) {
  std::vector<Finding> found = judge(facts);
  found.erase(std::remove_if(found.begin(), found.end(),
                             [](const Finding& finding) { return finding.kind == Finding::Kind::kFine; }),
              found.end());
  return found;
}

// The one ill there is, which has a way out.
std::string only_ill(const Facts& facts, Finding::Kind kind = Finding::Kind::kProblem) {
  const std::vector<Finding> found = ills(facts);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == kind);
  CHECK_FALSE(found[0].advice.empty());
  return found[0].subject + ": " + found[0].text;
}

}  // namespace

TEST_CASE("Of what is in order it is said once for each") {
  const std::vector<Finding> found = judge(healthy());
  REQUIRE(found.size() == 3);
  CHECK(ills(healthy()).empty());
  CHECK(found[0].subject == "host");
  CHECK(found[1].subject == "network shop_front");
  CHECK(found[2].subject == "container shop-web-1");
}

TEST_CASE("Forwarding that is off concerns networks with a way out") {
  Facts facts = healthy();
  facts.host.forwarding = false;
  CHECK_THAT(only_ill(facts), Catch::Contains("host: IPv4 forwarding is off"));
  facts.networks[0].internal = true;
  CHECK(ills(facts).empty());
}

TEST_CASE("Of IPv6 forwarding and the default route are told where a network has IPv6") {
  Facts facts = healthy();
  NetworkFacts& network = facts.networks[0];
  network.ipv6 = true;
  network.subnets.emplace_back("fd00:18::/64");
  CHECK_THAT(only_ill(facts), Catch::Contains("host: IPv6 forwarding is off"));
  network.ipv4 = facts.host.forwarding = false;
  facts.host.forwarding6 = true;
  CHECK(ills(facts).empty());
  network.internal = true;
  facts.host.forwarding6 = false;
  CHECK(ills(facts).empty());

  facts = healthy();
  facts.containers[0].wants_default_route6 = true;
  CHECK_THAT(only_ill(facts), Catch::Contains("no default route of IPv6"));
  facts.containers[0].default_route6 = true;
  CHECK(ills(facts).empty());
}

TEST_CASE("Of a macvlan the parent is looked at, and the host has no part in its packets") {
  Facts facts = healthy();
  NetworkFacts& network = facts.networks[0];
  network.driver = "macvlan";
  network.link_name = "ens3";
  network.in_rules = facts.host.forwarding = facts.host.table = false;
  CHECK(ills(facts).empty());
  network.up = false;
  CHECK_THAT(only_ill(facts), Catch::Contains("its parent ens3 is down"));
  network.link = false;
  CHECK_THAT(only_ill(facts), Catch::Contains("its parent ens3 is gone"));
}

TEST_CASE("A lost table, bridge, address or element of the firewall is named") {
  Facts facts = healthy();
  facts.host.table = false;
  CHECK_THAT(only_ill(facts), Catch::Contains("'inet compose' is gone"));

  facts = healthy();
  facts.networks[0].link = facts.networks[0].up = false;
  CHECK_THAT(only_ill(facts), Catch::Contains("bridge br-0123456789ab is gone"));

  facts = healthy();
  facts.networks[0].up = false;
  CHECK_THAT(only_ill(facts), Catch::Contains("is down"));

  facts = healthy();
  facts.networks[0].lost = {"172.18.0.1"};
  CHECK_THAT(only_ill(facts), Catch::Contains("has lost the address 172.18.0.1"));

  facts = healthy();
  facts.networks[0].in_rules = false;
  CHECK_THAT(only_ill(facts), Catch::Contains("the firewall does not know it"));
}

TEST_CASE("A network that nobody uses may be down") {
  Facts facts = healthy();
  facts.containers.clear();
  NetworkFacts& network = facts.networks[0];
  network.used = network.link = network.up = network.in_rules = false;
  facts.host.table = facts.host.forwarding = false;
  CHECK(ills(facts).empty());
}

TEST_CASE("Another tool's chain, a route that wins and a smaller MTU on the way out are told") {
  Facts facts = healthy();
  facts.networks[0].dropped_by = {"ip filter FORWARD"};
  CHECK_THAT(only_ill(facts), Catch::Contains("'ip filter FORWARD'"));

  facts = healthy();
  facts.networks[0].thefts = {{"172.18.0.0/16", "tun0"}};
  CHECK_THAT(only_ill(facts), Catch::Contains("172.18.0.0/16 to tun0"));

  facts = healthy();
  facts.networks[0].uplink_mtu = 1420;
  CHECK_THAT(only_ill(facts, Finding::Kind::kNote), Catch::Contains("ens3 takes 1420"));
}

TEST_CASE("Name servers: none, all silent, one of two silent") {
  Facts facts = healthy();
  facts.host.name_servers.clear();
  CHECK_THAT(only_ill(facts), Catch::Contains("no name servers"));
  facts.host.name_servers = {{"10.0.0.53", false}};
  CHECK_THAT(only_ill(facts), Catch::Contains("answers (10.0.0.53)"));
  facts.host.name_servers = {{"10.0.0.53", false}, {"10.0.0.54", true}};
  CHECK_THAT(only_ill(facts, Finding::Kind::kNote), Catch::Contains("10.0.0.53 does not answer"));
}

TEST_CASE("A container's lost link, address, route, monitor and name server are told") {
  Facts facts = healthy();
  facts.containers[0].endpoints[0] = {"shop_front", {"172.18.0.2"}, false, false, {"172.18.0.2"}};
  CHECK_THAT(only_ill(facts), Catch::Contains("container shop-web-1: on network shop_front it has no link"));

  facts = healthy();
  facts.containers[0].endpoints[0].missing = {"172.18.0.2"};
  CHECK_THAT(only_ill(facts), Catch::Contains("none of its interfaces has the address 172.18.0.2"));

  facts = healthy();
  facts.containers[0].default_route = false;
  CHECK_THAT(only_ill(facts), Catch::Contains("no default route"));

  facts = healthy();
  facts.containers[0].monitor = facts.containers[0].own_names_resolve = false;
  CHECK_THAT(only_ill(facts), Catch::Contains("its monitor is gone"));

  facts = healthy();
  facts.containers[0].own_names_resolve = false;
  CHECK_THAT(only_ill(facts), Catch::Contains("127.0.0.11"));
}

TEST_CASE(
    "A published port to which nobody listens, or only on loopback, is told with the port of the host") {
  Facts facts = healthy();
  facts.containers[0].ports[0].listener = Listener::kNone;
  CHECK_THAT(only_ill(facts),
             Catch::Contains("nothing listens on port 80/tcp, to which the host's 0.0.0.0:8080 leads"));
  facts.containers[0].ports[0].listener = Listener::kOnLoopback;
  CHECK_THAT(only_ill(facts), Catch::Contains("of 127.0.0.1 only"));
  facts.containers[0].ports[0].listener = Listener::kUnknown;
  CHECK(ills(facts).empty());
  facts.containers[0].ports[0].in_rules = false;
  CHECK_THAT(only_ill(facts), Catch::Contains("does not know its published port 0.0.0.0:8080"));
}
