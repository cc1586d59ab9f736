#include "compose/cli/context.h"

#include <catch2/catch.hpp>

#include "compose/cli/failure.h"

using namespace compose::cli;

TEST_CASE("a variable that is set but empty is not one that is unset") {
  Context context(Globals(), {{"EMPTY", ""}, {"FULL", "x"}}, "/");
  CHECK(context.find_variable("EMPTY") == "");
  CHECK(context.find_variable("FULL") == "x");
  CHECK_FALSE(context.find_variable("NONE"));
  CHECK(context.variable("NONE").empty());
}
