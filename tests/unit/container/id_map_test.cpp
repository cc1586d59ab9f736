#include "engine/container/id_map.h"

#include <catch2/catch.hpp>
#include <stdexcept>

using engine::map_lines;
using engine::parse_id_map;

TEST_CASE("two ids change places and all others stay what they are") {
  CHECK(map_lines({1000, 0}) == "0 1000 1\n1000 0 1\n1 1 999\n1001 1001 4294966294\n");
  CHECK(map_lines({33, 1000}) == "33 1000 1\n1000 33 1\n0 0 33\n34 34 966\n1001 1001 4294966294\n");
  CHECK(map_lines({1, 0}) == "0 1 1\n1 0 1\n2 2 4294967293\n");
  CHECK(map_lines({7, 7}) == "0 0 4294967295\n");
  CHECK(map_lines({0, 4294967294}) == "0 4294967294 1\n4294967294 0 1\n1 1 4294967293\n");
}

TEST_CASE("an id map is a pair of numbers, or two, or the owner's") {
  CHECK_FALSE(parse_id_map("owner"));
  const auto one = parse_id_map("1000:33");
  REQUIRE(one);
  CHECK(one->user.host == 1000);
  CHECK(one->user.container == 33);
  CHECK(one->group.host == 1000);
  CHECK(one->group.container == 33);
  const auto two = parse_id_map("1000:33,100:0");
  REQUIRE(two);
  CHECK(two->group.host == 100);
  CHECK(two->group.container == 0);
  for (const char* bad : {"", "1000", "a:b", "1:2:3", "1:2,3", "-1:2", "4294967295:0", "99999999999:0"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_id_map(bad), std::invalid_argument);
  }
}
