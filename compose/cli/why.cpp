#include "compose/cli/arguments.h"
#include "compose/cli/bundled_images.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/observe.h"
#include "compose/cli/output_format.h"
#include "compose/cli/planned_files.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "compose/plan/account.h"

namespace compose::cli {

int why_command(Context& context, const Words& args) {
  std::string format = "table";
  Arguments arguments(
      "why [OPTIONS] [SERVICE...]",
      "Tell what `up` would do to each container of the services, with every reason, and which "
      "services need each other. Changes nothing.");
  arguments.option("--format", format, "table or json (a line per service)");
  const Words services = arguments.parse(args);
  check_format(format);

  parser::Project project = load_bundled(context, services);
  const std::set<std::string> meant = services_meant(project, services, true);
  read_planned_files(project, meant);
  const Observed observed = observe(context.engine(), project.name, &project);
  UpOptions options;
  options.services = services;
  options.ignore_orphans = true;
  const Plan plan = plan_up(project, observed, options);
  for (const std::string& warning : plan.warnings) context.log(LogLevel::kWarn, warning);
  const std::vector<ServiceAccount> accounts = account_for(project, observed, plan, services);
  print(format == "json" ? to_json(accounts) : to_text(accounts));
  return kExitOk;
}

}  // namespace compose::cli
