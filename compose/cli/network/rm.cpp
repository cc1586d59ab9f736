#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/network/subcommands.h"
#include "engine/error.h"

namespace compose::cli {

int network_rm(Context& context, const Words& args) {
  bool force = false;
  Arguments arguments("network rm [OPTIONS] NETWORK...", "Remove networks.");
  arguments.flag("-f,--force", force, "A missing network is no error");
  arguments.positionals(1, -1, "NETWORK");
  const Words names = arguments.parse(args);
  context.engine().reconcile();
  int code = 0;
  for (const std::string& name : names) {
    try {
      const engine::NetworkInfo network = named_network(context, name);
      if (is_builtin(network.name))
        throw CommandError("network " + network.name + " is every engine's and cannot be removed");
      context.engine().remove_network(network.name);
      print(name + '\n');
    } catch (const engine::Error& error) {  // the others are still removed
      if (force && error.kind() == engine::Error::Kind::kNotFound) continue;
      context.show_error(error.what());
      code = 1;
    } catch (const CommandError& error) {
      context.show_error(error.what());
      code = 1;
    }
  }
  return code;
}

}  // namespace compose::cli
