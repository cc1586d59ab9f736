#include <catch2/catch.hpp>

#include "parser/load.h"

using parser::closest;

TEST_CASE("closest: equal but for case wins over everything") {
  CHECK(closest("Image", {"images", "imagf", "image"}) == "image");
  CHECK(closest("PORTS", {"port", "ports"}) == "ports");
}

TEST_CASE("closest: insertions, deletions, substitutions and swaps count one each") {
  CHECK(closest("enviroment", {"env_file", "environment"}) == "environment");
  CHECK(closest("birdge", {"overlay", "bridge"}) == "bridge");
  CHECK(closest("prots", {"ports", "profiles"}) == "ports");
  CHECK(closest("vlumes", {"volumes"}) == "volumes");
}

TEST_CASE("closest: at most a third of the word may differ, but one letter always") {
  CHECK(closest("ab", {"ac"}) == "ac");
  CHECK(closest("abcdef", {"abxyef"}) == "abxyef");
  CHECK(closest("abcdef", {"axyzef"}).empty());
  CHECK(closest("frobnicate", {"image", "build", "ports"}).empty());
}

TEST_CASE("closest: a word all of whose letters change is no typo") {
  CHECK(closest("a", {"b"}).empty());
  CHECK(closest("", {"a"}).empty());
  CHECK(closest("x", {}).empty());
}
