#include "compose/cli/arguments.h"
#include "compose/cli/bundled_images.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/load_unresolved.h"
#include "compose/cli/observe.h"
#include "compose/cli/session.h"
#include "compose/plan/pull_plan.h"

namespace compose::cli {
namespace {

void show_skipped(Context& context, const PullCommandPlan& planned) {
  if (context.globals().dry_run) return;
  for (const auto& [resource, why] : planned.skipped) context.progress().note(resource, why);
}

// Images that could not be fetched, but that this project can build.
std::string to_be_built(const parser::Project& project, const Plan& plan, const Observed& observed) {
  std::string names;
  for (const Step& step : plan.steps) {
    const std::string& image = std::get<PullImage>(step.action).image;
    if (observed.images.count(image) != 0) continue;
    for (const auto& [name, service] : project.services) {
      if (service.build && service.image == image) names += ' ' + name;
    }
  }
  return names;
}

}  // namespace

int pull_command(Context& context, const Words& args) {
  PullCommandOptions options;
  bool quiet = false;
  Arguments arguments("pull [OPTIONS] [SERVICE...]", "Fetch the images of services from their registries.");
  arguments.flag("--ignore-buildable", options.ignore_buildable, "Pass over images that can be built");
  arguments.flag("--ignore-pull-failures", options.ignore_failures,
                 "Fetch what can be had; what fails only warns");
  arguments.flag("--include-deps", options.with_dependencies, "The images of dependencies too");
  arguments.option("--policy", options.policy, "missing or always, whatever the files say");
  arguments.flag("-q,--quiet", quiet, "Do not show progress");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be fetched, and do nothing");
  options.services = arguments.parse(args);
  if (!options.policy.empty() && options.policy != "missing" && options.policy != "always")
    throw CommandError("invalid --policy '" + options.policy + "': it must be missing or always");
  context.show_layers(!quiet);

  parser::Project project = load_unresolved(context, options.services);
  use_bundled_images(context, project);
  Session session(context, "pull", project.name);
  const PullCommandPlan planned =
      plan_pull_command(project, observe(context.engine(), project.name, &project), options);
  if (!quiet) show_skipped(context, planned);
  const int code = session.run(planned.plan);
  if (code != kExitOk && code != kExitCancelled) {
    const std::string names =
        to_be_built(project, planned.plan, observe(context.engine(), project.name, &project));
    if (!names.empty())
      context.log(LogLevel::kWarn, "these images can be built instead: compose build" + names);
  }
  return code;
}

int push_command(Context& context, const Words& args) {
  PushCommandOptions options;
  bool quiet = false;
  Arguments arguments("push [OPTIONS] [SERVICE...]",
                      "Send the images that services build to their registries.");
  arguments.flag("--ignore-push-failures", options.ignore_failures,
                 "Send what can be sent; what fails only warns");
  arguments.flag("--include-deps", options.with_dependencies, "The images of dependencies too");
  arguments.flag("-q,--quiet", quiet, "Do not show progress");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be sent, and do nothing");
  options.services = arguments.parse(args);
  context.show_layers(!quiet);

  const parser::Project project = load_unresolved(context, options.services);
  Session session(context, "push", project.name);
  const PullCommandPlan planned = plan_push_command(project, options);
  if (!quiet) show_skipped(context, planned);
  return session.run(planned.plan);
}

}  // namespace compose::cli
