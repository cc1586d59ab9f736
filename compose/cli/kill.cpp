#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/life_command.h"

namespace compose::cli {

int kill_command(Context& context, const Words& args) {
  LifeOptions options;
  Arguments arguments("kill [OPTIONS] [SERVICE...]", "Send a signal to running containers.");
  arguments.option("-s,--signal", options.signal, "Signal, by name or number; SIGKILL by default");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be done, and do nothing");
  arguments.refuse_flag("--remove-orphans");
  options.services = arguments.parse(args);
  engine::signal_number(options.signal);  // a bad name is told before anything is done
  return run_life(context, "kill", plan_kill, options);
}

}  // namespace compose::cli
