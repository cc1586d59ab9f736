#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/life_command.h"

namespace compose::cli {

int pause_command(Context& context, const Words& args) {
  LifeOptions options;
  Arguments arguments("pause [SERVICE...]", "Halt the processes of running containers.");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be done, and do nothing");
  options.services = arguments.parse(args);
  return run_life(context, "pause", plan_pause, options);
}

int unpause_command(Context& context, const Words& args) {
  LifeOptions options;
  Arguments arguments("unpause [SERVICE...]", "Let paused containers go on.");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be done, and do nothing");
  options.services = arguments.parse(args);
  return run_life(context, "unpause", plan_unpause, options);
}

}  // namespace compose::cli
