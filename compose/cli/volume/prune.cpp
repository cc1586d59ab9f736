#include <algorithm>

#include "compose/cli/arguments.h"
#include "compose/cli/confirmation.h"
#include "compose/cli/failure.h"
#include "compose/cli/prune.h"
#include "compose/cli/session.h"
#include "compose/cli/volume/subcommands.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "engine/error.h"
#include "sys/folder.h"

namespace compose::cli {

PrunedObjects prune_volumes(Context& context, const ImageFilters& filters, bool all) {
  PrunedObjects pruned;
  for (const engine::VolumeInfo& volume : context.engine().volumes()) {
    if ((!all && !volume.anonymous) || !passes(filters, volume.labels, volume.created_ms)) continue;
    std::optional<Session> session;  // a command that has just made it is about to use it
    const std::string project = label_of(volume.labels, label::kProject);
    if (!project.empty()) session.emplace(context, "volume prune", project);
    try {
      const int64_t bytes = sys::bytes_below(volume.mountpoint);
      context.engine().remove_volume(volume.name);
      pruned.names.push_back(volume.name);
      pruned.bytes += bytes;
    } catch (const engine::Error& error) {
      if (error.kind() != engine::Error::Kind::kConflict) throw;  // else a container mounts it
    }
  }
  return pruned;
}

int volume_prune(Context& context, const Words& args) {
  bool force = false, all = false;
  std::vector<std::string> given;
  Arguments arguments("volume prune [OPTIONS]", "Remove anonymous volumes that no container mounts.");
  arguments.flag("-a,--all", all, "Those with names too");
  arguments.list("--filter", given, "label=KEY[=VALUE], label!=KEY[=VALUE], all=BOOL");
  arguments.flag("-f,--force", force, "Do not ask");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  std::erase_if(given, [&](const std::string& filter) {  // as docker of old: --filter all=1 is --all
    if (filter.starts_with("all=")) all = filter == "all=1" || filter == "all=true";
    return filter.starts_with("all=");
  });
  const ImageFilters filters = parse_image_filters(given, {"label", "label!"});
  const std::string warning =
      all ? "This will remove all local volumes not used by at least one container."
          : "This will remove anonymous local volumes not used by at least one container.";
  if (!force && !confirmed(warning)) return 0;
  context.engine().reconcile();
  const PrunedObjects pruned = prune_volumes(context, filters, all);
  print(shown("Deleted Volumes", pruned) + reclaimed(pruned.bytes));
  return 0;
}

}  // namespace compose::cli
