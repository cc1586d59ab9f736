#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"

namespace compose::cli {

// Also what a container's monitor turns into when the container has ended by itself, so that its host ports
// and run files go at once and not with the next command.
int tidy_command(Context& context, const Words& args) {
  bool wait = false;
  Arguments arguments("tidy [OPTIONS]", "Release what ended containers and killed commands left behind.");
  arguments.flag("--wait", wait, "Keep the default network for some seconds for the next container");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  context.engine().reconcile();
  context.engine().remove_unclaimed_links();
  context.engine().drop_idle_network(wait);
  return 0;
}

}  // namespace compose::cli
