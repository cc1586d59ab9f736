#include "compose/cli/arguments.h"
#include "compose/cli/build_flags.h"
#include "compose/cli/build_inputs.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/load_unresolved.h"
#include "compose/cli/observe.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "compose/plan/bake_file.h"
#include "compose/plan/pull_plan.h"
#include "compose/plan/support.h"
#include "engine/build/checks.h"

namespace compose::cli {

namespace {

// Returns the exit code.
int check_builds(Context& context, const Plan& plan) {
  size_t count = 0;
  std::string text;
  for (const Step& step : plan.steps) {
    const auto& build = std::get<BuildImage>(step.action);
    const engine::CheckReport report = engine::check_build(context.engine().image_store(), *build.request);
    for (const engine::CheckFinding& finding : report.findings) {
      if (plan.steps.size() > 1) text += "service " + build.service + ": ";
      text += finding_text(finding) + "\n";
    }
    count += report.findings.size();
  }
  print(text + finding_count(count));
  return count == 0 ? 0 : 1;
}

struct Modes {
  bool push = false, check = false, print = false;
};

// docker's flags for its builders. Asking for what is done anyway is no error.
struct Attestations {
  std::string builder, provenance, sbom;

  void check() const {
    if (!builder.empty() && builder != "default")
      throw CommandError("--builder " + builder +
                         ": images are built by compose itself; there is no other builder");
    for (const auto& [flag, value] : {std::pair("--provenance", &provenance), std::pair("--sbom", &sbom)})
      if (!value->empty() && *value != "false" && *value != "0")
        throw CommandError(std::string(flag) + " " + *value +
                           ": attestations are not made; scan the image, or build it with docker buildx");
  }
};

// What is built when nothing is known of what there is: everything.
Plan plan_without_engine(const parser::Project& project, const BuildOptions& options) {
  Plan plan = plan_images(project, {}, options);
  require_build_inputs(project, plan);
  return plan;
}

}  // namespace

int build_command(Context& context, const Words& args) {
  BuildOptions options;
  options.build_all = true;
  options.only_buildable = true;
  options.with_dependencies = false;
  std::vector<std::string> build_args;
  std::string ssh, memory;
  bool quiet = false;
  Arguments arguments("build [OPTIONS] [SERVICE...]",
                      "Build or rebuild the images of services that have a build section.");
  arguments.list("--build-arg", build_args,
                 "NAME=VALUE for the Dockerfile's ARG; NAME alone takes the environment's");
  arguments.flag("--no-cache", options.no_cache, "Run every step anew");
  arguments.flag("-q,--quiet", quiet, "Do not show build output");
  arguments.flag("--with-dependencies", options.with_dependencies, "Build the dependencies too");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be built, and do nothing");
  arguments.flag("--pull", options.pull, "Look for newer versions of the images that are built upon");
  arguments.option("--ssh", ssh, "ssh agent or keys for RUN --mount=type=ssh: 'default', or ID=PATH");
  arguments.option("-m,--memory", memory, "Most memory that each RUN may use");
  Attestations attestations;
  Modes modes;
  arguments.flag("--push", modes.push, "Send the images of services that name them to their registries");
  arguments.flag(
      "--check", modes.check,
      "Only check the Dockerfiles: what they may say but is better not to; exit code 1 when there is such");
  arguments.flag("--print", modes.print, "Only print the builds as a file for docker buildx bake");
  arguments.option("--builder", attestations.builder,
                   "The builder: 'default', compose's own, is the only one");
  arguments.option("--provenance", attestations.provenance, "Attestations about the build: only false");
  arguments.option("--sbom", attestations.sbom, "A list of what is in the image: only false");
  options.services = arguments.parse(args);
  attestations.check();
  options.args = build_arguments(context, build_args);
  if (!ssh.empty()) add_ssh_key(options.ssh, ssh);
  options.memory = memory_of(memory);
  context.show_builds(!quiet);
  context.show_layers(!quiet);
  if (modes.check && modes.print) throw UsageError("--check and --print exclude each other");

  const parser::Project project = load_unresolved(context, options.services);
  require_supported(context.document().root, project,
                    services_meant(project, options.services, options.with_dependencies), Purpose::kBuild);
  if (modes.check) return check_builds(context, plan_without_engine(project, options));
  if (modes.print) {
    print(bake_file(project, plan_without_engine(project, options), modes.push));
    return kExitOk;
  }
  Session session(context, "build", project.name);
  const Plan plan = plan_images(project, observe(context.engine(), project.name, &project), options);
  require_build_inputs(project, plan);
  if (!modes.push) return session.run(plan);
  const PullCommandPlan pushing = plan_build_push(project, plan);
  if (!quiet && !context.globals().dry_run) {
    for (const auto& [resource, why] : pushing.skipped) context.progress().note(resource, why);
  }
  return session.run(pushing.plan);
}

}  // namespace compose::cli
