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

TEST_CASE("COMPOSE_ANSI is checked as --ansi is, and --ansi wins") {
  Context always(Globals(), {{"COMPOSE_ANSI", "always"}, {"NO_COLOR", "1"}}, "/");
  CHECK(always.colour(-1));
  Context bad(Globals(), {{"COMPOSE_ANSI", "alwys"}}, "/");
  CHECK_THROWS_WITH(bad.colour(-1), Catch::Contains("COMPOSE_ANSI is 'alwys'"));
  Globals globals;
  globals.ansi = "never";
  Context never(globals, {{"COMPOSE_ANSI", "alwys"}}, "/");
  CHECK_FALSE(never.colour(-1));
}
