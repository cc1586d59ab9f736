#include <algorithm>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/confirmation.h"
#include "compose/cli/failure.h"
#include "compose/cli/image/filters.h"
#include "compose/cli/subcommands.h"
#include "compose/ui/format.h"
#include "engine/build/cache_prune.h"
#include "parser/units.h"

namespace compose::cli {
namespace {

using Type = engine::build::CacheRecord::Type;

// docker's names of what a cache holds.
Type type_named(const std::string& name) {
  if (name == "regular") return Type::kStep;
  if (name == "exec.cachemount") return Type::kMount;
  throw CommandError("filter type=" + name +
                     " is not supported: there are type=regular (steps) and type=exec.cachemount "
                     "(folders of RUN --mount=type=cache)");
}

int64_t bytes_named(const std::string& flag, const std::string& text) {
  try {
    const int64_t bytes = parser::parse_bytes(text);
    if (bytes >= 0) return bytes;
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): said below
  }
  throw UsageError(flag + ": '" + text + "' is not a size like 512mb or 10gb");
}

void apply_filters(const std::vector<std::string>& given, engine::build::CachePruneRequest& request) {
  std::vector<std::string> times;
  for (const std::string& filter : given) {
    if (filter.starts_with("type=")) {
      request.type = type_named(filter.substr(5));
    } else if (filter.starts_with("id=")) {
      request.id = filter.substr(3);
    } else {
      times.push_back(filter);
    }
  }
  request.until_ms = parse_image_filters(times, {"until", "type", "id"}).until_ms;
}

int builder_prune(Context& context, const Words& args) {
  bool force = false;
  std::vector<std::string> given;
  std::string keep, reserve;
  engine::build::CachePruneRequest request;
  Arguments arguments(
      "builder prune [OPTIONS]",
      "Forget what builds have made before, and remove the layers that only this kept and the folders of RUN "
      "--mount=type=cache. A build that runs meanwhile keeps what it uses.");
  arguments.flag("-a,--all", request.all, "What images in the store were built with too");
  arguments.list(
      "--filter", given,
      "until=TIME or AGE: last used before; type=regular or exec.cachemount; id=ID or its beginning");
  arguments.flag("-f,--force", force, "Do not ask");
  arguments.option("--keep-storage", keep, "Leave this much of what was used last: 512mb, 10gb");
  arguments.option("--reserved-space", reserve, "The same, as newer versions of docker call it");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  apply_filters(given, request);
  if (!keep.empty()) request.keep_bytes = bytes_named("--keep-storage", keep);
  if (!reserve.empty())
    request.keep_bytes = std::max(request.keep_bytes.value_or(0), bytes_named("--reserved-space", reserve));
  const std::string warning = request.all ? "This will remove all build cache."
                                          : "This will remove all build cache that no image was built with.";
  if (!force && !confirmed(warning)) return 0;

  context.engine().reconcile();
  const auto pruned =
      engine::build::prune_cache(context.engine().image_store(), context.engine().paths(), request);
  std::string text;
  for (const std::string& id : pruned.ids) text += id + '\n';
  if (!text.empty()) text = "Deleted build cache objects:\n" + text + '\n';
  print(text + "Total reclaimed space: " + ui::human_size(pruned.bytes) + '\n');
  return 0;
}

}  // namespace

int builder_command(Context& context, const Words& args) {
  return run_subcommand(context, "builder", {{"prune", builder_prune, "Forget what builds have made before"}},
                        args);
}

}  // namespace compose::cli
