#include "engine/container/detach_keys.h"

#include <catch2/catch.hpp>

#include "engine/error.h"

using engine::DetachKeys;
using engine::parse_detach_keys;

TEST_CASE("Detach keys are read in Docker's notation, and a wrong one is named with its place") {
  CHECK(parse_detach_keys("") == "\x10\x11");
  CHECK(parse_detach_keys("ctrl-p,ctrl-q") == "\x10\x11");
  CHECK(parse_detach_keys("ctrl-x,x") == "\x18x");
  CHECK(parse_detach_keys("a,b") == "ab");
  CHECK(parse_detach_keys("ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_,DEL") ==
        std::string("\0\x1b\x1c\x1d\x1e\x1f\x7f", 7));
  for (const char* wrong : {"ctrl-", "ctrl-P", "ab", "a,,b", "a,", ",a", "shift-a"})
    CHECK_THROWS_AS(parse_detach_keys(wrong), engine::Error);
  CHECK_THROWS_WITH(parse_detach_keys("a,ctrl-1"), Catch::Contains("'ctrl-1' at character 3"));
}

TEST_CASE("Detach keys are found across pieces, and what only begins like them goes on to the program") {
  DetachKeys keys("\x10\x11");
  std::string out;
  CHECK_FALSE(keys.take("ab\x10", out));
  CHECK(out == "ab");
  CHECK_FALSE(keys.take("c", out));
  CHECK(out ==
        "ab\x10"
        "c");
  CHECK_FALSE(keys.take("\x10", out));
  CHECK_FALSE(keys.take("\x10", out));
  CHECK(out ==
        "ab\x10"
        "c\x10");
  CHECK(keys.take("\x11rest", out));
  CHECK(out ==
        "ab\x10"
        "c\x10");
}

TEST_CASE("Keys that repeat themselves are found wherever they begin") {
  DetachKeys keys("aab");
  std::string out;
  CHECK(keys.take("xaaab", out));
  CHECK(out == "xa");
  DetachKeys held("aab");
  out.clear();
  CHECK_FALSE(held.take("aa", out));
  held.finish(out);
  CHECK(out == "aa");
  DetachKeys none("");
  out.clear();
  CHECK_FALSE(none.take("\x10\x11", out));
  CHECK(out == "\x10\x11");
}
