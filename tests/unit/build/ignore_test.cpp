#include "engine/build/ignore.h"

#include <catch2/catch.hpp>

#include "engine/error.h"

using engine::build::IgnoreRules;

TEST_CASE("Ignore rules decide by the last match, on a path or a folder above it") {
  struct Row {
    const char* rules;
    const char* path;
    bool excluded;
  };
  const Row rows[] = {
      {"", "a", false},
      {"# a", "a", false},
      {"a", "a", true},
      {"a", "a/b/c", true},
      {"a", "b/a", false},
      {"/a", "a", true},
      {"a/", "a/b", true},
      {"./a/../b", "b", true},
      {"*", "a/b", true},
      {"*.log", "x.log", true},
      {"*.log", "d/x.log", false},
      {"**/*.log", "d/e/x.log", true},
      {"*/temp*", "d/temporary.txt", true},
      {"*/*/temp*", "d/e/temp", true},
      {"temp?", "tempa", true},
      {"*.md\n!README.md", "README.md", false},
      {"*.md\n!README.md", "NOTES.md", true},
      {"*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true},
      {"*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false},
      {"node_modules\n!node_modules/keep", "node_modules/keep/a", false},
      {"node_modules\n!node_modules/keep", "node_modules/other", true},
      {"*\n!src\nsrc/tmp", "src/main.c", false},
      {"*\n!src\nsrc/tmp", "src/tmp/x", true},
      {"*\n! src ", "src/main.c", false},
      {".", "a", false},
      {"/", "a", false},
      {"  spaced  \r\n", "spaced", true},
      {"\xEF\xBB\xBF"
       "a",
       "a", true},
      {"../a", "a", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.rules, row.path);
    CHECK(IgnoreRules(row.rules, ".dockerignore").excluded(row.path) == row.excluded);
  }
}

TEST_CASE("An excluded folder is read only when something below it may be included") {
  const IgnoreRules rules("*\n!src/*.c\n!**/keep.txt", ".dockerignore");
  CHECK(rules.may_hold_included("src"));
  CHECK(rules.may_hold_included("other/deep"));
  const IgnoreRules narrow("*\n!src/*.c", ".dockerignore");
  CHECK(narrow.may_hold_included("src"));
  CHECK_FALSE(narrow.may_hold_included("other"));
}

TEST_CASE("A malformed ignore rule is named with its line") {
  CHECK_THROWS_WITH(IgnoreRules("a\n[b", ".dockerignore"),
                    Catch::StartsWith(".dockerignore:2: bad pattern '[b'"));
  CHECK_THROWS_WITH(IgnoreRules("!", ".dockerignore"), Catch::StartsWith(".dockerignore:1: '!'"));
}
