#include "compose/cli/arguments.h"

#include <catch2/catch.hpp>

#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/globals.h"

using namespace compose::cli;
using Strings = std::vector<std::string>;

namespace {

// The flags of an imagined command.
struct Parsed {
  bool detach = false, quiet = true;
  std::string name;
  std::optional<int64_t> count;
  Strings values, rest;

  explicit Parsed(const Strings& args, bool ours_to_the_end = true, int max = -1) {
    Arguments arguments("act [OPTIONS] [SERVICE...]", "Acts.");
    arguments.flag("-d,--detach", detach, "");
    arguments.flag("-q,--quiet", quiet, "");
    arguments.option("--name", name, "");
    arguments.option("-n,--tail", count, "");
    arguments.list("-e,--env", values, "");
    arguments.refuse_flag("-w,--watch");
    arguments.refuse_option("--builder");
    arguments.positionals(0, max, "one SERVICE");
    if (!ours_to_the_end) arguments.stop_at_positional();
    rest = arguments.parse(args);
  }
};

std::string usage_error(const Strings& args, int max = -1) {
  try {
    const Parsed parsed(args, true, max);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a short flag takes its value after an equals sign too, as docker's do") {
  const Parsed parsed({"-q=false", "-d=true", "-n=7", "-e=A=1", "--", "-d=false"});
  CHECK_FALSE(parsed.quiet);
  CHECK(parsed.detach);
  CHECK(parsed.count == 7);
  CHECK(parsed.values == Strings{"A=1"});
  CHECK(parsed.rest == Strings{"-d=false"});
  CHECK(Parsed({"web", "-d=false"}, false).rest == Strings{"web", "-d=false"});
  const Parsed command({"-e", "A", "-d=true", "-e", "-q=B", "web", "-d=false"}, false);
  CHECK(command.detach);
  CHECK(command.values == Strings{"A", "-q=B"});
  CHECK(command.rest == Strings{"web", "-d=false"});
}

TEST_CASE("flags are read in all their forms, before and behind the services") {
  const Parsed parsed({"web", "-d", "--quiet=false", "-n5", "--env", "A=1", "-e", "B=-x", "--name=x", "db"});
  CHECK(parsed.detach);
  CHECK_FALSE(parsed.quiet);
  CHECK(parsed.count == 5);
  CHECK(parsed.name == "x");
  CHECK(parsed.values == Strings{"A=1", "B=-x"});
  CHECK(parsed.rest == Strings{"web", "db"});
}

TEST_CASE("a value may begin with a dash, and a list takes one value each time") {
  CHECK(Parsed({"-n", "-1"}).count == -1);
  const Parsed parsed({"-e", "A", "web"});
  CHECK(parsed.values == Strings{"A"});
  CHECK(parsed.rest == Strings{"web"});
}

TEST_CASE("behind -- everything is a service") {
  CHECK(Parsed({"-d", "--", "-x", "web"}).rest == Strings{"-x", "web"});
}

TEST_CASE("what follows the first word is not ours where a program is run") {
  const Parsed parsed({"-d", "web", "ls", "-l", "--env", "X", "--", "-d"}, false);
  CHECK(parsed.detach);
  CHECK(parsed.values.empty());
  CHECK(parsed.rest == Strings{"web", "ls", "-l", "--env", "X", "--", "-d"});
  CHECK_THROWS_AS(Parsed({"--wrong", "web", "ls"}, false), UsageError);
}

TEST_CASE("an unknown flag is named with the nearest one") {
  CHECK(usage_error({"--detatch"}) == "unknown flag: --detatch, did you mean '--detach'?");
  CHECK(usage_error({"--nothing-like-it=3"}) == "unknown flag: --nothing-like-it");
  CHECK(usage_error({"-z"}) == "unknown flag: -z");
}

TEST_CASE("wrong values and counts are usage errors that say what is wanted") {
  CHECK(usage_error({"--tail", "x"}) == "invalid value 'x' for --tail: it must be a whole number");
  CHECK(usage_error({"--tail", "5x"}) == "invalid value '5x' for --tail: it must be a whole number");
  CHECK(usage_error({"--name"}) != "no error");
  CHECK(usage_error({"a", "b"}, 1) == "compose act takes one SERVICE, 'b' is too much");
}

TEST_CASE("a flag that cannot be honoured yet is refused by name") {
  CHECK_THROWS_WITH(Parsed({"--watch"}), "--watch is not supported yet");
  CHECK_THROWS_WITH(Parsed({"-w"}), "--watch is not supported yet");
  CHECK_THROWS_WITH(Parsed({"--builder", "x"}), "--builder is not supported yet");
  CHECK_NOTHROW(Parsed({"--watch=false"}));
  CHECK_NOTHROW(Parsed({"-w=false"}));
}

TEST_CASE("up --help gives the usage line and every supported flag") {
  try {
    const Parsed parsed({"--help"});
    FAIL("no help");
  } catch (const HelpWanted& help) {
    const std::string text = help.what();
    CHECK(text.rfind("Usage: compose act [OPTIONS] [SERVICE...]\n", 0) == 0);
    CHECK(text.find("--tail") != std::string::npos);
    CHECK(text.find("--watch") == std::string::npos);
  }
}

TEST_CASE("a flag that lacks its value says what it wants") {
  CHECK(usage_error({"--name"}) == "--name needs a value: NAME");
  CHECK(usage_error({"-n"}) == "--tail needs a value: NUMBER");
  CHECK(usage_error({"web", "-e"}) == "--env needs a value: NAME[=VALUE]");
}

TEST_CASE("help names the flags in their order, what their values are and what may follow") {
  bool quick = false;
  std::string way, place;
  Arguments arguments("act [OPTIONS] THING", "Acts on a thing.");
  arguments.flag("-q,--quick", quick, "At once");
  arguments.option("--pull", way, "When to fetch");
  arguments.option("-f,--file", place, "Where it is");
  arguments.refuse_flag("--builder");
  try {
    arguments.parse({"--help"});
    FAIL("no help");
  } catch (const HelpWanted& help) {
    CHECK(help.what() == std::string("Usage: compose act [OPTIONS] THING\n"
                                     "\n"
                                     "Acts on a thing.\n"
                                     "\n"
                                     "Options:\n"
                                     "  -f, --file FILE               Where it is\n"
                                     "      --pull always|missing|never\n"
                                     "                                When to fetch\n"
                                     "  -q, --quick                   At once\n"
                                     "  -h, --help                    Show this help\n"));
    CHECK(help.description().command() == "act");
    CHECK(help.description().arguments() == Strings{"THING"});
  }
}

TEST_CASE("global flags end at the command, whose own are left alone") {
  const CommandLine line = parse_globals(
      {"-f", "a.yml", "--file=b.yml", "-p", "demo", "--parallel", "3", "logs", "-f", "-n", "3"}, {});
  CHECK(line.globals.files == Strings{"a.yml", "b.yml"});
  CHECK(line.globals.project_name == "demo");
  CHECK(line.globals.parallel == 3);
  CHECK(line.command == "logs");
  CHECK(line.args == Strings{"-f", "-n", "3"});
}

TEST_CASE("global flags with values of their own are checked") {
  CHECK_THROWS_AS(parse_globals({"--ansi", "maybe", "ps"}, {}), UsageError);
  CHECK_THROWS_AS(parse_globals({"--progress", "loud", "ps"}, {}), UsageError);
  CHECK_THROWS_AS(parse_globals({"--parallel", "0", "ps"}, {}), UsageError);
}

TEST_CASE("an unknown command is named with the nearest one") {
  CHECK(unknown_command("Images") == "unknown command: Images, did you mean 'images'?");
  CHECK(unknown_command("strat") == "unknown command: strat, did you mean 'start'?");
  CHECK(unknown_command("xyzzy") == "unknown command: xyzzy, see `compose --help`");
  REQUIRE(find_command("up") != nullptr);
  CHECK(find_command("up")->run != nullptr);
  CHECK(find_command("Up") == nullptr);
}
