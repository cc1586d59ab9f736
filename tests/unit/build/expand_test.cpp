#include "engine/build/expand.h"

#include <catch2/catch.hpp>
#include <map>

#include "engine/error.h"

using engine::build::Expander;
using engine::build::Place;

namespace {

const Place kPlace{"Dockerfile", 7};

Expander expander(char escape = '\\') {
  static const std::map<std::string, std::string> kValues = {
      {"v", "value"}, {"empty", ""}, {"path", "/usr/local/lib/x.tar.gz"}, {"list", "80 443"}, {"v2", "two"}};
  return Expander(
      [](const std::string& name) -> std::optional<std::string> {
        const auto it = kValues.find(name);
        return it == kValues.end() ? std::nullopt : std::optional(it->second);
      },
      escape);
}

}  // namespace

TEST_CASE("Every form of a variable is replaced") {
  struct Row {
    const char* text;
    const char* result;
  };
  const Row rows[] = {
      {"plain", "plain"},
      {"$v", "value"},
      {"${v}", "value"},
      {"$v2", "two"},
      {"${v}2", "value2"},
      {"a$v-b", "avalue-b"},
      {"$unset", ""},
      {"x$", "x$"},
      {"$/x", "$/x"},
      {"\\$v", "$v"},
      {"\\${v}", "${v}"},
      {"'$v'", "$v"},
      {"\"$v\"", "value"},
      {"\"\\$v\"", "$v"},
      {"\"a\\\"b\"", "a\"b"},
      {"\"a\\nb\"", "a\\nb"},
      {"a\\ b", "a b"},
      {"'it'\"s\"", "its"},
      {"${v:-x}", "value"},
      {"${empty:-x}", "x"},
      {"${empty-x}", ""},
      {"${unset-x}", "x"},
      {"${unset:-${v}}", "value"},
      {"${unset:-${also:-deep}}", "deep"},
      {"${unset:-a b}", "a b"},
      {"${v:+x}", "x"},
      {"${empty:+x}", ""},
      {"${empty+x}", "x"},
      {"${unset+x}", ""},
      {"${v:?no}", "value"},
      {"${path#*/}", "usr/local/lib/x.tar.gz"},
      {"${path##*/}", "x.tar.gz"},
      {"${path%.*}", "/usr/local/lib/x.tar"},
      {"${path%%.*}", "/usr/local/lib/x"},
      {"${path/local/share}", "/usr/share/lib/x.tar.gz"},
      {"${path//\\//_}", "_usr_local_lib_x.tar.gz"},
      {"${v/a}", nullptr},
      {"${v//[aeu]/.}", "v.l.."},
      {"$1", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    if (row.result == nullptr) {
      CHECK_THROWS_AS(expander().word(row.text, kPlace), engine::Error);
    } else {
      CHECK(expander().word(row.text, kPlace) == row.result);
    }
  }
}

TEST_CASE("Bad forms of a variable are errors with the line") {
  CHECK_THROWS_WITH(expander().word("${v", kPlace), "Dockerfile:7: a brace is not closed: ${v");
  CHECK_THROWS_WITH(expander().word("${}", kPlace), "Dockerfile:7: ${} has no variable name");
  CHECK_THROWS_WITH(expander().word("${v!x}", kPlace), "Dockerfile:7: unknown form of variable: ${v!x}");
  CHECK_THROWS_WITH(expander().word("${unset:?must be set}", kPlace), "Dockerfile:7: unset: must be set");
  CHECK_THROWS_WITH(expander().word("'a", kPlace), "Dockerfile:7: a single quote is not closed: 'a");
  CHECK_THROWS_WITH(expander().word("\"a", kPlace), "Dockerfile:7: a double quote is not closed: \"a");
}

TEST_CASE("Endless nesting of variables is refused") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "${x:-";
  CHECK_THROWS_WITH(expander().word(text + "y" + std::string(5000, '}'), kPlace),
                    "Dockerfile:7: variables are nested too deeply");
}

TEST_CASE("Words are split at blanks, also inside variables, but not inside quotes") {
  CHECK(expander().words("1 $list '2 3'", kPlace) == std::vector<std::string>{"1", "80", "443", "2 3"});
  CHECK(expander().words("\"$list\"", kPlace) == std::vector<std::string>{"80 443"});
}

TEST_CASE("The escape directive changes the escape of variables") {
  CHECK(expander('`').word("`$v C:\\$v", kPlace) == "$v C:\\value");
}

TEST_CASE("The content of a here-document keeps its quotes") {
  CHECK(expander().content("a='$v'\nb=\\$v\n", kPlace) == "a='value'\nb=$v\n");
}
