#include "compose/cli/command_tree.h"

#include "compose/cli/failure.h"

namespace compose::cli {

Description describe_program() {
  try {
    parse_globals({"--help"}, command_list());
  } catch (const HelpWanted& help) {
    return help.description();
  }
  return {};
}

std::optional<Description> describe_command(Context& context, const Words& path) {
  const Command* command = path.empty() ? nullptr : find_command(path.front());
  if (command == nullptr || command->run == nullptr) return std::nullopt;
  Words args(path.begin() + 1, path.end());
  args.emplace_back("--help");
  try {
    command->run(context, args);
  } catch (const HelpWanted& help) {
    return help.description();
  } catch (const CommandError&) {  // a family's word that is none of its commands
    return std::nullopt;
  }
  return std::nullopt;
}

std::vector<Description> describe_all(Context& context) {
  std::vector<Description> all{describe_program()};
  for (const CommandEntry& entry : all.front().commands) {
    auto top = describe_command(context, {entry.name});
    if (!top || (top->commands.empty() && top->command() != entry.name)) continue;
    all.push_back(*top);
    for (const CommandEntry& below : top->commands) {
      auto one = describe_command(context, {entry.name, below.name});
      if (one && one->command() == entry.name + ' ' + below.name) all.push_back(std::move(*one));
    }
  }
  return all;
}

}  // namespace compose::cli
