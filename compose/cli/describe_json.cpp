// `compose __describe`: what every command takes, as JSON, a line a command; tests/flags reads it.
#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/command_tree.h"
#include "compose/cli/session.h"

namespace compose::cli {

int describe_json_command(Context& context, const Words& args) {
  Arguments arguments("__describe", "Print what every command takes, as JSON.");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  std::string text;
  for (const Description& description : describe_all(context)) {
    nlohmann::ordered_json one{{"command", description.command()}, {"usage", description.usage}};
    one["flags"] = nlohmann::ordered_json::array();
    for (const FlagDescription& flag : description.flags)
      one["flags"].push_back({{"names", flag_names(flag)},
                              {"value", flag.value},
                              {"help", flag.help},
                              {"refused", flag.refused}});
    text += one.dump() + '\n';
  }
  print(text);
  return kExitOk;
}

}  // namespace compose::cli
