#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/session.h"

namespace compose::cli {

// Also what a container's monitor turns into when the container has ended by itself, so that its host ports
// and run files go at once and not with the next command; and who does the rest of a network's removal.
int tidy_command(Context& context, const Words& args) {
  bool wait = false;
  std::string link;
  Arguments arguments("tidy [OPTIONS]", "Release what ended containers and killed commands left behind.");
  arguments.flag("--wait", wait, "Keep the default network for some seconds for the next container");
  arguments.option("--link", link, "Only take away this link of a network that is removed already");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  if (!link.empty()) {
    engine::end_network_link(link);
    return kExitOk;
  }
  context.engine().reconcile();
  context.engine().remove_unclaimed_links();
  context.engine().drop_idle_network(wait);
  return kExitOk;
}

}  // namespace compose::cli
