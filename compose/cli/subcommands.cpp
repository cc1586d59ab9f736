#include "compose/cli/subcommands.h"

#include <fmt/format.h>

#include "compose/cli/failure.h"
#include "compose/cli/session.h"
#include "parser/load.h"

namespace compose::cli {

int run_subcommand(Context& context, std::string_view family, const std::vector<Subcommand>& all,
                   const Words& args) {
  std::vector<std::string> names;
  Description description{std::string(family) + " COMMAND", "", {}, {}};
  for (const Subcommand& command : all) {
    if (!command.summary.empty()) {
      names.emplace_back(command.name);
      description.commands.push_back({std::string(command.name), std::string(command.summary)});
    }
    if (args.empty() || args.front() != command.name) continue;
    try {
      return command.run(context, {args.begin() + 1, args.end()});
    } catch (const UsageError& error) {
      tell(fmt::format("error: {}\nSee `compose {} {} --help`.\n", error.what(), family, command.name));
      return kExitError;
    }
  }
  if (!args.empty() && (args.front() == "--help" || args.front() == "-h"))
    throw HelpWanted(std::move(description));
  if (args.empty())
    throw UsageError(fmt::format("compose {} needs a command: {}", family, fmt::join(names, ", ")));
  const std::string near = parser::closest(args.front(), names);
  throw CommandError(fmt::format("unknown command: {} {}{}", family, args.front(),
                                 near.empty() ? fmt::format(", there are {}", fmt::join(names, ", "))
                                              : ", did you mean '" + near + "'?"));
}

}  // namespace compose::cli
