#pragma once
// What the prune commands of single kinds and `system prune` share.
#include <cstdint>
#include <string>
#include <vector>

#include "compose/cli/context.h"
#include "compose/cli/image/filters.h"

namespace compose::cli {

struct PrunedObjects {
  std::vector<std::string> names;
  int64_t bytes = 0;
};

// Each removes what nobody uses and `filters` let through; what comes into use meanwhile stays. Throw
// engine::Error, sys::Error.
PrunedObjects prune_containers(Context& context, const ImageFilters& filters);  // those that do not run
PrunedObjects prune_networks(Context& context, const ImageFilters& filters);    // those without a container
// Those that no container mounts; anonymous ones only unless `all`.
PrunedObjects prune_volumes(Context& context, const ImageFilters& filters, bool all);

// "Deleted Networks:" and a line each; nothing when nothing went.
std::string shown(const std::string& title, const PrunedObjects& pruned);
std::string reclaimed(int64_t bytes);  // the last line

}  // namespace compose::cli
