#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/life_command.h"
#include "compose/cli/observe.h"
#include "compose/cli/wait_ready.h"

namespace compose::cli {

int start_command(Context& context, const Words& args) {
  LifeOptions options;
  bool wait = false;
  std::optional<int64_t> limit_s;
  Arguments arguments("start [OPTIONS] [SERVICE...]", "Start containers that exist.");
  arguments.flag("--wait", wait, "Return when the services run or are healthy");
  arguments.option("--wait-timeout", limit_s, "Seconds after which --wait gives up");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be done, and do nothing");
  options.services = arguments.parse(args);
  return run_life(context, "start", plan_start, options,
                  [&](Session& session, const parser::Project* project, const std::string& name) {
                    if (!wait) return kExitOk;
                    const Observed now = observe(context.engine(), name, nullptr);
                    return wait_ready(context, session, wait_plan(project, now, options.services), limit_s);
                  });
}

}  // namespace compose::cli
