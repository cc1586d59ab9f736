#include "compose/cli/prune.h"
#include "compose/cli/arguments.h"
#include "compose/cli/confirmation.h"
#include "compose/cli/network/subcommands.h"
#include "compose/cli/session.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "engine/error.h"

namespace compose::cli {

PrunedObjects prune_networks(Context& context, const ImageFilters& filters) {
  PrunedObjects pruned;
  for (const engine::NetworkInfo& network : context.engine().networks()) {
    if (is_builtin(network.name) || !passes(filters, network.labels, network.created_ms)) continue;
    std::optional<Session> session;  // a command that has just made it is about to use it
    const std::string project = label_of(network.labels, label::kProject);
    if (!project.empty()) session.emplace(context, "network prune", project);
    try {
      context.engine().remove_network(network.name);
      pruned.names.push_back(network.name);
    } catch (const engine::Error& error) {
      if (error.kind() != engine::Error::Kind::kConflict) throw;  // else a container is on it
    }
  }
  return pruned;
}

int network_prune(Context& context, const Words& args) {
  bool force = false;
  std::vector<std::string> given;
  Arguments arguments("network prune [OPTIONS]", "Remove all networks that no container is on.");
  arguments.list("--filter", given, "until=TIME or AGE, label=KEY[=VALUE], label!=KEY[=VALUE]");
  arguments.flag("-f,--force", force, "Do not ask");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  const ImageFilters filters = parse_image_filters(given, {"until", "label", "label!"});
  if (!force && !confirmed("This will remove all custom networks not used by at least one container."))
    return 0;
  context.engine().reconcile();
  print(shown("Deleted Networks", prune_networks(context, filters)));
  return 0;
}

}  // namespace compose::cli
