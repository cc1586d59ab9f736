#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/life_command.h"
#include "compose/cli/selection.h"

namespace compose::cli {

int stop_command(Context& context, const Words& args) {
  LifeOptions options;
  std::optional<int64_t> timeout_s;
  Arguments arguments("stop [OPTIONS] [SERVICE...]", "Stop containers without removing them.");
  arguments.option("-t,--timeout", timeout_s, "Seconds to wait before killing");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be done, and do nothing");
  options.services = arguments.parse(args);
  options.timeout_ms = to_milliseconds(timeout_s);
  return run_life(context, "stop", plan_stop, options);
}

}  // namespace compose::cli
