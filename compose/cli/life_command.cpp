#include "compose/cli/life_command.h"

#include "compose/cli/failure.h"
#include "compose/cli/observe.h"

namespace compose::cli {

int run_life(Context& context, const std::string& command, LifePlanner planner, const LifeOptions& options,
             const std::function<int(Session&, const parser::Project*, const std::string&)>& then) {
  const auto project = context.load_if_there(options.services);
  const std::string name = project ? project->name : context.project_name();
  const parser::Project* known = project ? &*project : nullptr;
  Session session(context, command, name);
  const Observed observed = observe(context.engine(), name, known);
  if (known == nullptr && observed.containers.empty())
    throw CommandError("project " + name + " has no containers");
  const int code = session.run(planner(known, observed, options));
  if (code != kExitOk || !then || context.globals().dry_run) return code;
  return then(session, known, name);
}

}  // namespace compose::cli
