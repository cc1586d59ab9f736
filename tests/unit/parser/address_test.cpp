#include "parser/address.h"

#include <catch2/catch.hpp>

#include "parser/units.h"

using parser::parse_subnet;
using parser::read_address;

TEST_CASE("address: IPv4 and IPv6 are read and written in their short form") {
  CHECK(to_string(*read_address("10.0.0.1")) == "10.0.0.1");
  CHECK(to_string(*read_address("fd00:0:0::1")) == "fd00::1");
  for (const char* text : {"", "10.0.0", "10.0.0.256", "fd00::1::2", "web", "10.0.0.1/8"})
    CHECK(read_address(text) == std::nullopt);
}

TEST_CASE("address: a subnet has a prefix and no host bits") {
  CHECK(parse_subnet("0.0.0.0/0").prefix == 0);
  CHECK(parse_subnet("10.0.0.1/32").prefix == 32);
  CHECK(parse_subnet("fd00::1/128").prefix == 128);
  for (const char* text : {"10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "fd00::/129", "10.0.0.0/-1", "10.0.0.1/24",
                           "fd00::1/64", "10.128.0.0/8"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_subnet(text), parser::ValueError);
  }
}

TEST_CASE("address: what lies in a subnet is of its family and its network") {
  const auto outer = parse_subnet("10.0.0.0/12");
  CHECK(contains(outer, *read_address("10.15.255.255")));
  CHECK_FALSE(contains(outer, *read_address("10.16.0.0")));
  CHECK_FALSE(contains(outer, *read_address("fd00::1")));
  CHECK(contains(outer, parse_subnet("10.1.0.0/16")));
  CHECK_FALSE(contains(parse_subnet("10.1.0.0/16"), outer));
  CHECK(overlap(parse_subnet("10.1.0.0/16"), outer));
  CHECK_FALSE(overlap(parse_subnet("10.16.0.0/16"), outer));
  CHECK_FALSE(overlap(parse_subnet("0.0.0.0/0"), parse_subnet("::/0")));
  CHECK(contains(parse_subnet("fd00::/63"), *read_address("fd00:0:0:1::5")));
}
