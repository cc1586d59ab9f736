#include "engine/address_pool.h"

#include <catch2/catch.hpp>

#include "engine/error.h"

using namespace engine;

namespace {

NetworkConfig network(std::vector<PoolConfig> pools = {}, bool v6 = false) {
  NetworkConfig config;
  config.name = "shop";
  config.pools = std::move(pools);
  config.enable_ipv6 = v6;
  return config;
}

NetworkConfig settled(const NetworkConfig& config) {
  return with_pools(config, {}, {}, "machine");
}

std::string refusal(const NetworkConfig& config) {
  try {
    settled(config);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a network gets a free subnet of each family it is to have, the same local one on every call") {
  const NetworkConfig four = settled(network());
  REQUIRE(four.pools.size() == 1);
  CHECK(four.pools[0].subnet == "172.17.0.0/16");
  CHECK(four.pools[0].gateway == "172.17.0.1");
  const NetworkConfig both = settled(network({}, true));
  REQUIRE(both.pools.size() == 2);
  CHECK(both.pools[1].subnet.starts_with("fd"));
  CHECK(both.pools[1].subnet.ends_with("::/64"));
  CHECK(settled(network({}, true)).pools == both.pools);
  const std::vector<netmgr::Subnet> taken{*netmgr::parse_subnet(both.pools[1].subnet)};
  CHECK(with_pools(network({}, true), taken, {}, "machine").pools[1].subnet != both.pools[1].subnet);
  NetworkConfig six = network({}, true);
  six.enable_ipv4 = false;
  REQUIRE(settled(six).pools.size() == 1);
  six.enable_ipv6 = false;
  CHECK_THAT(refusal(six), Catch::Contains("neither IPv4 nor IPv6"));
}

TEST_CASE("of the range the lowest address is the gateway's, unless one is given") {
  CHECK(settled(network({{"10.1.0.0/16", "", "10.1.5.0/24"}})).pools[0].gateway == "10.1.5.0");
  CHECK(settled(network({{"10.1.0.0/16", "", "10.1.5.0/24", {{"a", "10.1.5.0"}}}})).pools[0].gateway ==
        "10.1.5.1");
  CHECK(settled(network({{"10.1.0.0/16", "10.1.0.9", ""}})).pools[0].gateway == "10.1.0.9");
  CHECK(settled(network({{"fd00::/64", "fd00:0:0::9", ""}}, true)).pools.back().gateway == "fd00::9");
}

TEST_CASE("what of a subnet cannot be is said by name") {
  CHECK_THAT(refusal(network({{"10.1.0.0/31", "", ""}})), Catch::Contains("room for containers"));
  CHECK_THAT(refusal(network({{"10.1.0.0/16", "10.2.0.1", ""}})), Catch::Contains("gateway '10.2.0.1'"));
  CHECK_THAT(refusal(network({{"10.1.0.0/16", "", "10.2.0.0/24"}})),
             Catch::Contains("ip_range '10.2.0.0/24'"));
  CHECK_THAT(refusal(network({{"10.1.0.0/16", "", "", {{"printer", "10.2.0.1"}}}})),
             Catch::Contains("printer"));
  CHECK_THAT(refusal(network({{"10.1.0.0/16", "10.1.0.9", "", {{"printer", "10.1.0.9"}}}})),
             Catch::Contains("auxiliary address too"));
  CHECK_THAT(refusal(network({{"", "10.1.0.1", ""}})), Catch::Contains("needs a subnet"));
  CHECK_THAT(refusal(network({{"fd00::/64", "", ""}})), Catch::Contains("IPv6 is not enabled"));
  CHECK_THAT(refusal(network({{"10.1.0.0/16", "", ""}, {"10.1.9.0/24", "", ""}})),
             Catch::Contains("overlap"));
  const std::vector<netmgr::Subnet> routed{*netmgr::parse_subnet("10.0.0.0/8")};
  CHECK_THROWS_WITH(with_pools(network({{"10.1.0.0/16", "", ""}}), {}, routed, ""),
                    Catch::Contains("overlaps 10.0.0.0/8"));
}

TEST_CASE("further addresses are any, of IPv6 where the network has it") {
  const NetworkConfig four = settled(network()), both = settled(network({}, true));
  check_link_local(four, {"169.254.7.1", "192.0.2.1"});
  check_link_local(both, {"169.254.7.1", "fe80::7"});
  CHECK_THROWS_WITH(check_link_local(four, {"fe80::7"}), Catch::Contains("enable_ipv6"));
  CHECK_THROWS_WITH(check_link_local(both, {"7"}), Catch::Contains("'7' is not an address"));
}

TEST_CASE("addresses are the lowest free ones of the range, or any of the subnet that is asked for") {
  const NetworkConfig config = settled(
      network({{"10.1.0.0/24", "", "10.1.0.8/30", {{"printer", "10.1.0.9"}}}, {"fd00::/64", "", ""}}, true));
  CHECK(config.pools[0].gateway == "10.1.0.8");
  CHECK(choose_address(config, false, "", {}) == "10.1.0.10");
  CHECK(choose_address(config, false, "", {"10.1.0.10"}) == "10.1.0.11");
  CHECK_THROWS_WITH(choose_address(config, false, "", {"10.1.0.10", "10.1.0.11"}),
                    Catch::Contains("no free address"));
  CHECK(choose_address(config, false, "10.1.0.200", {}) == "10.1.0.200");
  CHECK_THROWS_WITH(choose_address(config, false, "10.1.0.9", {}), Catch::Contains("already in use"));
  CHECK_THROWS_WITH(choose_address(config, false, "10.1.0.255", {}), Catch::Contains("not a host address"));
  CHECK(choose_address(config, true, "", {}) == "fd00::2");
  CHECK_THROWS_WITH(choose_address(config, true, "fd00:0::2", {"fd00::2"}),
                    Catch::Contains("already in use"));
  CHECK(choose_address(config, true, "fd00:0:0:0:ffff:ffff:ffff:ffff", {}) == "fd00::ffff:ffff:ffff:ffff");
  const NetworkConfig four = settled(network());
  CHECK(choose_address(four, true, "", {}).empty());
  CHECK_THROWS_WITH(choose_address(four, true, "fd00::2", {}), Catch::Contains("enable_ipv6"));
}
