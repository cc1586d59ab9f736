#include <catch2/catch.hpp>
#include <map>

#include "parser/template.h"

using parser::substitute;

namespace {

const std::map<std::string, std::string> kVariables = {{"A", "1"}, {"EMPTY", ""}, {"_x9", "under"}};

std::optional<std::string> lookup(const std::string& name) {
  const auto found = kVariables.find(name);
  if (found == kVariables.end()) return std::nullopt;
  return found->second;
}

std::string text(const std::string& form) {
  return substitute(form, lookup).text;
}

std::string failure(const std::string& form) {
  try {
    substitute(form, lookup);
    return "";
  } catch (const parser::TemplateError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("template: every form gives what the specification says") {
  CHECK(text("$A${A}$_x9") == "11under");
  CHECK(text("${NO:-d}|${EMPTY:-d}|${A:-d}") == "d|d|1");
  CHECK(text("${NO-d}|${EMPTY-d}|${A-d}") == "d||1");
  CHECK(text("${NO:+r}|${EMPTY:+r}|${A:+r}") == "||r");
  CHECK(text("${NO+r}|${EMPTY+r}|${A+r}") == "|r|r");
  CHECK(text("${A:?m}|${A?m}|${EMPTY?m}") == "1|1|");
}

TEST_CASE("template: forms nest in defaults and replacements, the first operator decides") {
  CHECK(text("${NO:-${ALSO_NO:-$A}}") == "1");
  CHECK(text("${A:+${NO:-x}y}") == "xy");
  CHECK(text("${NO:-a:-b}") == "a:-b");
  CHECK(text("${NO-a?b}") == "a?b");
  CHECK(text("${NO:-{a}}") == "{a}");
}

TEST_CASE("template: two dollars are one, also inside a default") {
  CHECK(text("$$A $${A} cost 5$$") == "$A ${A} cost 5$");
  CHECK(text("${NO:-$$x}") == "$x");
  CHECK_FALSE(substitute("$$A", lookup).substituted);
}

TEST_CASE("template: a dollar before anything that can be no variable is a dollar") {
  CHECK(text("a$") == "a$");
  CHECK(text("$1 $(date) $A") == "$1 $(date) 1");
  CHECK_FALSE(substitute("5$", lookup).substituted);
}

TEST_CASE("template: an unset variable is empty text and is named") {
  const auto done = substitute("[$NO][${ALSO}]", lookup);
  CHECK(done.text == "[][]");
  CHECK(done.unset == std::vector<std::string>{"NO", "ALSO"});
  CHECK(substitute("${NO:-}", lookup).unset.empty());
}

TEST_CASE("template: what is no form is an error") {
  CHECK(failure("${}") == "invalid variable '${}'");
  CHECK(failure("${A b}") == "invalid variable '${A b}'");
  CHECK(failure("${A:}") == "invalid variable '${A:}'");
  CHECK(failure("${A") == "'${' without '}'");
  CHECK(failure("${NO:-${A}") == "'${' without '}'");
  CHECK(failure("${NO:?say $A}") == "required variable 'NO' is missing a value: say 1");
  CHECK(failure("${EMPTY:?}") == "required variable 'EMPTY' is missing a value");
}

TEST_CASE("template: every use of a variable is told, those in defaults too") {
  const auto uses = parser::variable_uses("$A ${B:-x${C?why}} $$D ${E:+r}");
  REQUIRE(uses.size() == 4);
  CHECK(uses[0].name == "A");
  CHECK_FALSE(uses[0].fallback);
  CHECK(uses[1].name == "B");
  CHECK(*uses[1].fallback == "x${C?why}");
  CHECK(uses[2].name == "C");
  CHECK(uses[2].required);
  CHECK(uses[3].name == "E");
  CHECK(*uses[3].alternative == "r");
  CHECK_THROWS_AS(parser::variable_uses("${A"), parser::TemplateError);
}
