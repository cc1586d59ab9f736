#include "compose/cli/arguments.h"
#include "compose/cli/confirmation.h"
#include "compose/cli/image/filters.h"
#include "compose/cli/image/subcommands.h"
#include "compose/ui/format.h"
#include "engine/image/image_store.h"

namespace compose::cli {

int image_prune(Context& context, const Words& args) {
  bool all = false, force = false;
  std::vector<std::string> given;
  Arguments arguments("image prune [OPTIONS]", "Remove images that have no name and no container.");
  arguments.flag("-a,--all", all, "Those with names too");
  arguments.list("--filter", given,
                 "until=TIME or AGE, label=KEY[=VALUE], label!=KEY[=VALUE], dangling=BOOL");
  arguments.flag("-f,--force", force, "Do not ask");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  ImageFilters filters = parse_image_filters(given, {"until", "label", "label!", "dangling"});
  if (filters.dangling) all = !*filters.dangling;  // as in docker: dangling=false is -a
  filters.dangling.reset();
  const std::string warning =
      all ? "This will remove all images without at least one container associated to them."
          : "This will remove all dangling images.";
  if (!force && !confirmed(warning)) return 0;

  context.engine().reconcile();
  const auto pruned = context.engine().image_store().prune(
      all, [&](const engine::ImageInfo& image) { return passes(filters, image); });
  std::string text;
  for (const std::string& line : pruned.lines) text += line + '\n';
  if (!text.empty()) text = "Deleted Images:\n" + text + '\n';
  print(text + "Total reclaimed space: " + ui::human_size(pruned.bytes) + '\n');
  return 0;
}

}  // namespace compose::cli
