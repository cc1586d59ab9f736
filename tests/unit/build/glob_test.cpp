#include "engine/build/glob.h"

#include <catch2/catch.hpp>
#include <stdexcept>

using engine::build::Glob;

TEST_CASE("A path pattern matches as Go's filepath.Match does") {
  struct Row {
    const char* pattern;
    const char* text;
    bool match;
  };
  const Row rows[] = {
      {"abc", "abc", true},      {"*", "abc", true},
      {"*c", "abc", true},       {"a*", "a", true},
      {"a*", "ab/c", false},     {"a*/b", "abc/b", true},
      {"a*/b", "a/c/b", false},  {"a*b*c*d*e*/f", "axbxcxdxe/f", true},
      {"ab[c]", "abc", true},    {"ab[b-d]", "abc", true},
      {"ab[e-g]", "abc", false}, {"ab[^c]", "abc", false},
      {"ab[^e-g]", "abc", true}, {"a\\*b", "a*b", true},
      {"a\\*b", "ab", false},    {"a?b", "a/b", false},
      {"a[^a]b", "a/b", false},  {"[\\]a]", "]", true},
      {"[\\-x]", "-", true},     {"*x", "xxx", true},
      {"**", "a/b", false},      {"", "", true},
      {"?", "", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern, row.text);
    CHECK(Glob(row.pattern, Glob::Dialect::kPath).matches(row.text) == row.match);
  }
}

TEST_CASE("A malformed pattern is refused") {
  for (const char* pattern : {"[", "[a", "[]a]", "[^", "a\\", "[a-"}) {
    CAPTURE(pattern);
    CHECK_THROWS_AS(Glob(pattern, Glob::Dialect::kPath), std::invalid_argument);
  }
}

TEST_CASE("A hostile pattern takes no exponential time") {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  CHECK_FALSE(Glob(pattern + "b", Glob::Dialect::kPath).matches(std::string(5000, 'a')));
}

TEST_CASE("Two stars cross folders in ignore patterns") {
  const auto matches = [](const char* pattern, const char* text) {
    return Glob(pattern, Glob::Dialect::kIgnore).matches(text);
  };
  CHECK(matches("**/x", "x"));
  CHECK(matches("**/x", "a/b/x"));
  CHECK_FALSE(matches("**/x", "a/bx"));
  CHECK(matches("a/**/x", "a/x"));
  CHECK(matches("a/**/x", "a/b/c/x"));
  CHECK_FALSE(matches("a/**/x", "ab/x"));
  CHECK(matches("a/**", "a/b/c"));
  CHECK_FALSE(matches("a/**", "a"));
  CHECK(matches("**", "a/b"));
  CHECK(matches("**/*.go", "main.go"));
  CHECK(matches("a**b", "a/x/b"));
}
