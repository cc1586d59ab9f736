#include "compose/cli/prune.h"
#include "compose/cli/arguments.h"
#include "compose/cli/confirmation.h"
#include "compose/cli/container.h"
#include "compose/cli/container/subcommands.h"
#include "compose/plan/inventory.h"
#include "compose/ui/format.h"
#include "engine/error.h"

namespace compose::cli {

PrunedObjects prune_containers(Context& context, const ImageFilters& filters) {
  PrunedObjects pruned;
  for (const engine::ContainerInfo& container : context.engine().containers("")) {
    if (is_up(container) || !passes(filters, container.labels, container.created_ms)) continue;
    try {
      with_container_locked(context, "prune", container.id, [&](const engine::ContainerInfo& now) {
        const int64_t bytes = context.engine().written_bytes(now.id);
        context.engine().remove_container(now.id, false, false);
        pruned.names.push_back(now.id);
        pruned.bytes += bytes;
      });
    } catch (const engine::Error& error) {
      // Started or removed by another command meanwhile.
      if (error.kind() != engine::Error::Kind::kConflict && error.kind() != engine::Error::Kind::kNotFound)
        throw;
    }
  }
  return pruned;
}

std::string shown(const std::string& title, const PrunedObjects& pruned) {
  if (pruned.names.empty()) return "";
  std::string text = title + ":\n";
  for (const std::string& name : pruned.names) text += name + '\n';
  return text + '\n';
}

std::string reclaimed(int64_t bytes) {
  return "Total reclaimed space: " + ui::human_size(bytes) + '\n';
}

int container_prune(Context& context, const Words& args) {
  bool force = false;
  std::vector<std::string> given;
  Arguments arguments("container prune [OPTIONS]", "Remove all containers that do not run.");
  arguments.list("--filter", given, "until=TIME or AGE, label=KEY[=VALUE], label!=KEY[=VALUE]");
  arguments.flag("-f,--force", force, "Do not ask");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  const ImageFilters filters = parse_image_filters(given, {"until", "label", "label!"});
  if (!force && !confirmed("This will remove all stopped containers.")) return 0;
  const PrunedObjects pruned = prune_containers(context, filters);
  print(shown("Deleted Containers", pruned) + reclaimed(pruned.bytes));
  return 0;
}

}  // namespace compose::cli
