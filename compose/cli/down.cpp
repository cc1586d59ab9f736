#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/observe.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"

namespace compose::cli {

int down_command(Context& context, const Words& args) {
  DownOptions options;
  std::optional<int64_t> timeout_s;
  Arguments arguments(
      "down [OPTIONS] [SERVICE...]",
      "Stop and remove containers and the project's networks; named volumes stay without -v.\n"
      "Works without a file when the project is named with -p.");
  arguments.flag("-v,--volumes", options.volumes,
                 "Remove named and anonymous volumes too; their data is lost");
  arguments.option("--rmi", options.rmi, "Remove images: all, or local (those without a name of their own)");
  arguments.option("-t,--timeout", timeout_s, "Seconds to wait for containers to stop");
  arguments.flag("--remove-orphans", options.remove_orphans,
                 "Remove containers of services no longer in the files");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be done, with reasons, and do nothing");
  options.services = arguments.parse(args);
  options.timeout_ms = to_milliseconds(timeout_s);
  if (!options.rmi.empty() && options.rmi != "all" && options.rmi != "local")
    throw CommandError("invalid value '" + options.rmi + "' for --rmi: it must be all or local");
  options.remove_orphans = options.remove_orphans || context.variable_is_true("COMPOSE_REMOVE_ORPHANS");

  const auto project = context.load_if_there(options.services);
  const std::string name = project ? project->name : context.project_name();
  Session session(context, "down", name);
  const parser::Project* known = project ? &*project : nullptr;
  return session.run(plan_down(known, name, observe(context.engine(), name, known), options));
}

}  // namespace compose::cli
