#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/confirmation.h"
#include "compose/cli/image/filters.h"
#include "compose/cli/subcommands.h"
#include "compose/ui/format.h"
#include "compose/ui/timestamp.h"
#include "engine/image/image_store.h"

namespace compose::cli {
namespace {

int builder_prune(Context& context, const Words& args) {
  bool all = false, force = false;
  std::vector<std::string> given;
  Arguments arguments(
      "builder prune [OPTIONS]",
      "Forget what builds have made before, and remove the layers that only this kept. A build "
      "that runs meanwhile keeps what it uses.");
  arguments.flag("-a,--all", all, "What images in the store were built with too");
  arguments.list("--filter", given, "until=TIME or AGE: last used before");
  arguments.flag("-f,--force", force, "Do not ask");
  arguments.refuse_option("--keep-storage");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  const ImageFilters filters = parse_image_filters(given, {"until"});
  const std::string warning = all ? "This will remove all build cache."
                                  : "This will remove all build cache that no image was built with.";
  if (!force && !confirmed(warning)) return 0;

  context.engine().reconcile();
  const auto pruned =
      context.engine().image_store().prune_cache(all, filters.until_ms.value_or(ui::now_ms() + 1));
  std::string text;
  for (const std::string& key : pruned.lines) text += key + '\n';
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
