#include "compose/cli/prune.h"
#include "compose/cli/arguments.h"
#include "compose/cli/confirmation.h"
#include "compose/cli/failure.h"
#include "compose/cli/system/subcommands.h"
#include "engine/build/cache_prune.h"
#include "engine/image/image_store.h"

namespace compose::cli {
namespace {

std::string warning(bool all, bool volumes) {
  return std::string("This will remove:\n  - all stopped containers\n") +
         "  - all networks not used by at least one container\n" +
         (volumes ? "  - all anonymous volumes not used by at least one container\n" : "") +
         (all ? "  - all images without at least one container associated to them\n  - all build cache\n"
              : "  - all dangling images\n  - build cache that no image was built with\n");
}

}  // namespace

int system_prune(Context& context, const Words& args) {
  bool all = false, force = false, volumes = false;
  std::vector<std::string> given;
  Arguments arguments(
      "system prune [OPTIONS]",
      "Remove containers that do not run, networks without a container, images without a name "
      "and the build cache.");
  arguments.flag("-a,--all", all, "Images with names that no container uses, and the whole build cache, too");
  arguments.list("--filter", given, "until=TIME or AGE, label=KEY[=VALUE], label!=KEY[=VALUE]");
  arguments.flag("-f,--force", force, "Do not ask");
  arguments.flag("--volumes", volumes, "Anonymous volumes too");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  const ImageFilters filters = parse_image_filters(given, {"until", "label", "label!"});
  if (volumes && filters.until_ms)
    throw CommandError("filter until= does not go with --volumes: a volume's age says nothing of its use");
  if (!force && !confirmed(warning(all, volumes))) return 0;

  context.engine().reconcile();
  context.engine().remove_unclaimed_links();
  const PrunedObjects containers = prune_containers(context, filters);
  const PrunedObjects networks = prune_networks(context, filters);
  const PrunedObjects emptied = volumes ? prune_volumes(context, filters, false) : PrunedObjects();
  const auto images = context.engine().image_store().prune(
      all, [&](const engine::ImageInfo& image) { return passes(filters, image); });
  std::string text = shown("Deleted Containers", containers) + shown("Deleted Networks", networks) +
                     shown("Deleted Volumes", emptied) +
                     shown("Deleted Images", {images.lines, images.bytes});
  int64_t bytes = containers.bytes + emptied.bytes + images.bytes;
  // The build cache has no labels: a filter by one lets nothing of it through.
  if (filters.labels.empty()) {
    engine::build::CachePruneRequest request;
    request.all = all;
    request.until_ms = filters.until_ms;
    const auto cache =
        engine::build::prune_cache(context.engine().image_store(), context.engine().paths(), request);
    text += shown("Deleted build cache objects", {cache.ids, cache.bytes});
    bytes += cache.bytes;
  }
  print(text + reclaimed(bytes));
  return 0;
}

}  // namespace compose::cli
