#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/life_command.h"
#include "compose/plan/inventory.h"

namespace compose::cli {
namespace {

Plan plan_with_orphans(const parser::Project* project, const Observed& observed, const LifeOptions& options) {
  Plan plan = plan_kill(project, observed, options);
  if (project == nullptr || !options.services.empty()) return plan;  // without files there are none
  for (const auto* container : orphans_of(*project, observed.containers)) {
    if (!is_up(*container) || project->services.count(service_of(*container)) != 0) continue;
    plan.steps.push_back({static_cast<int>(plan.steps.size()),
                          "Container " + container->name,
                          KillContainer{container->id, options.signal},
                          "orphan",
                          {}});
  }
  return plan;
}

}  // namespace

int kill_command(Context& context, const Words& args) {
  LifeOptions options;
  bool orphans = false;
  Arguments arguments("kill [OPTIONS] [SERVICE...]", "Send a signal to running containers.");
  arguments.option("-s,--signal", options.signal, "Signal, by name or number; SIGKILL by default");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be done, and do nothing");
  arguments.flag("--remove-orphans", orphans, "Containers of services no longer in the files too");
  options.services = arguments.parse(args);
  engine::signal_number(options.signal);  // a bad name is told before anything is done
  return run_life(context, "kill", orphans ? plan_with_orphans : plan_kill, options);
}

}  // namespace compose::cli
