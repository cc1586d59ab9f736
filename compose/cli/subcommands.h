#pragma once
// Commands that are families of commands: `image ls`, `volume rm`.
#include <string_view>
#include <vector>

#include "compose/cli/commands.h"

namespace compose::cli {

struct Subcommand {
  std::string_view name;
  int (*run)(Context& context, const Words& args);
  std::string_view summary;  // empty: refuses to run, and is not shown
};

// Runs the one that the first word names. Throws UsageError without a word, CommandError (with the nearest
// name) for an unknown one, HelpWanted for --help.
int run_subcommand(Context& context, std::string_view family, const std::vector<Subcommand>& all,
                   const Words& args);

}  // namespace compose::cli
