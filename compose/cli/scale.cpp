#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/selection.h"
#include "compose/cli/up_flags.h"

namespace compose::cli {

int scale_command(Context& context, const Words& args) {
  UpFlags flags;
  Arguments arguments("scale [OPTIONS] SERVICE=NUMBER...", "Set the number of containers of services.");
  arguments.flag("--no-deps", flags.no_deps, "Do not start dependencies");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be done, with reasons, and do nothing");
  arguments.positionals(1, -1, "SERVICE=NUMBER");
  flags.scale = arguments.parse(args);
  for (const std::string& text : flags.scale) flags.services.push_back(parse_scale(text).first);
  flags.detach = true;
  return run_up(context, "scale", flags);
}

}  // namespace compose::cli
