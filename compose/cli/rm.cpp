#include <unistd.h>

#include <iostream>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/observe.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "sys/fd.h"

namespace compose::cli {
namespace {

// What the plan removes, for the question.
std::string doomed(const Plan& plan, const Observed& observed) {
  std::string names;
  for (const Step& step : plan.steps) {
    const auto* remove = std::get_if<RemoveContainer>(&step.action);
    if (remove == nullptr) continue;
    for (const auto& container : observed.containers) {
      if (container.id == remove->container) names += (names.empty() ? "" : ", ") + container.name;
    }
  }
  return names;
}

bool confirmed(const std::string& names) {
  tell("Going to remove " + names + "\nAre you sure? [yN] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes";
}

}  // namespace

int rm_command(Context& context, const Words& args) {
  LifeOptions options;
  bool force = false;
  Arguments arguments("rm [OPTIONS] [SERVICE...]", "Remove stopped containers.");
  arguments.flag("-f,--force", force, "Do not ask");
  arguments.flag("-s,--stop", options.stop_first, "Stop the containers first");
  arguments.flag("-v,--volumes", options.volumes, "Remove their anonymous volumes too");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be done, and do nothing");
  options.services = arguments.parse(args);

  const auto project = context.load_if_there(options.services);
  const std::string name = project ? project->name : context.project_name();
  const parser::Project* known = project ? &*project : nullptr;
  if (!force && !context.globals().dry_run) {
    // Asked before the lock is taken: nobody should wait for somebody's answer.
    const Observed observed = observe(context.engine(), name, known);
    const std::string names = doomed(plan_rm(known, observed, options), observed);
    if (!names.empty() && !confirmed(names)) return kExitOk;
  }
  Session session(context, "rm", name);
  const Observed observed = observe(context.engine(), name, known);
  const Plan plan = plan_rm(known, observed, options);
  if (plan.empty() && !context.globals().dry_run) {
    tell("No stopped containers\n");
    return kExitOk;
  }
  return session.run(plan);
}

}  // namespace compose::cli
