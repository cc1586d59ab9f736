#include "netmgr/address.h"

#include <catch2/catch.hpp>

using netmgr::Subnet;

TEST_CASE("An IPv4 address is parsed strictly and printed back") {
  CHECK(netmgr::parse_address("172.18.0.2") == netmgr::ipv4(0xac120002));
  CHECK(netmgr::format_address(netmgr::ipv4(0xac120002)) == "172.18.0.2");
  for (const char* text :
       {"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4 ", "01.2.3.x", "::1%eth0", "fd00::g"}) {
    INFO(text);
    CHECK_FALSE(netmgr::parse_address(text));
  }
}

TEST_CASE("A subnet needs a prefix of 0 to 32 and no host bits") {
  const auto subnet = netmgr::parse_subnet("10.1.0.0/16");
  REQUIRE(subnet);
  CHECK(subnet->base == netmgr::ipv4(0x0a010000U));
  CHECK(subnet->prefix == 16);
  CHECK(subnet->to_string() == "10.1.0.0/16");
  CHECK(netmgr::parse_subnet("0.0.0.0/0"));
  CHECK(netmgr::parse_subnet("10.0.0.1/32"));
  for (const char* text :
       {"10.1.0.0", "10.1.0.0/", "10.1.0.0/33", "10.1.0.0/-1", "10.1.0.1/16", "10.1.0.0/16x", "/16"}) {
    INFO(text);
    CHECK_FALSE(netmgr::parse_subnet(text));
  }
}

TEST_CASE("A subnet's host addresses leave out network and broadcast") {
  const Subnet wide = *netmgr::parse_subnet("172.18.0.0/16");
  CHECK(netmgr::format_address(wide.first()) == "172.18.0.1");
  CHECK(netmgr::format_address(wide.last()) == "172.18.255.254");
  const Subnet small = *netmgr::parse_subnet("10.0.0.8/30");
  CHECK(netmgr::format_address(small.first()) == "10.0.0.9");
  CHECK(netmgr::format_address(small.last()) == "10.0.0.10");
  CHECK(netmgr::format_address(netmgr::parse_subnet("10.0.0.8/31")->last()) == "10.0.0.9");
  CHECK(netmgr::format_address(netmgr::parse_subnet("10.0.0.8/32")->last()) == "10.0.0.8");
}

TEST_CASE("Subnets overlap when one holds the other, and not when they are neighbours") {
  const auto subnet = [](const char* text) { return *netmgr::parse_subnet(text); };
  CHECK(subnet("10.0.0.0/8").overlaps(subnet("10.200.0.0/16")));
  CHECK(subnet("10.200.0.0/16").overlaps(subnet("10.0.0.0/8")));
  CHECK(subnet("10.0.0.0/16").overlaps(subnet("10.0.0.0/16")));
  CHECK(subnet("0.0.0.0/0").overlaps(subnet("192.168.0.0/24")));
  CHECK_FALSE(subnet("10.0.0.0/16").overlaps(subnet("10.1.0.0/16")));
  CHECK(subnet("10.0.0.0/16").contains(*netmgr::parse_address("10.0.255.255")));
  CHECK_FALSE(subnet("10.0.0.0/16").contains(*netmgr::parse_address("10.1.0.0")));
}

TEST_CASE("The pool gives the first subnet that is free, then the 192.168 range, then none") {
  std::vector<Subnet> taken;
  CHECK(netmgr::free_subnet(taken)->to_string() == "172.17.0.0/16");
  taken.push_back(*netmgr::parse_subnet("172.17.5.0/24"));
  CHECK(netmgr::free_subnet(taken)->to_string() == "172.18.0.0/16");
  taken.push_back(*netmgr::parse_subnet("172.16.0.0/12"));
  CHECK(netmgr::free_subnet(taken)->to_string() == "192.168.0.0/20");
  taken.push_back(*netmgr::parse_subnet("192.168.1.0/24"));
  CHECK(netmgr::free_subnet(taken)->to_string() == "192.168.16.0/20");
  taken.push_back(*netmgr::parse_subnet("192.168.0.0/16"));
  CHECK_FALSE(netmgr::free_subnet(taken));
}

TEST_CASE("A MAC address carries the IPv4 address") {
  CHECK(netmgr::mac_for(*netmgr::parse_address("172.18.0.2")) == "02:42:ac:12:00:02");
}
