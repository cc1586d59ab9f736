#include "compose/cli/arguments.h"
#include "compose/cli/build_inputs.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/observe.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "compose/plan/support.h"

namespace compose::cli {

int build_command(Context& context, const Words& args) {
  BuildOptions options;
  options.build_all = true;
  options.only_buildable = true;
  options.with_dependencies = false;
  std::vector<std::string> build_args;
  bool quiet = false;
  Arguments arguments("build [OPTIONS] [SERVICE...]",
                      "Build or rebuild the images of services that have a build section.");
  arguments.list("--build-arg", build_args,
                 "NAME=VALUE for the Dockerfile's ARG; NAME alone takes the environment's");
  arguments.flag("--no-cache", options.no_cache, "Run every step anew");
  arguments.flag("-q,--quiet", quiet, "Do not show build output");
  arguments.flag("--with-dependencies", options.with_dependencies, "Build the dependencies too");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be built, and do nothing");
  for (const char* name : {"--pull", "--push", "--check", "--print"}) arguments.refuse_flag(name);
  for (const char* name : {"--builder", "-m,--memory", "--provenance", "--sbom", "--ssh"})
    arguments.refuse_option(name);
  options.services = arguments.parse(args);
  for (const std::string& text : build_args) {
    const size_t equals = text.find('=');
    if (equals == 0 || text.empty())
      throw UsageError("invalid --build-arg '" + text + "': it must be NAME=VALUE");
    if (equals != std::string::npos) {
      options.args[text.substr(0, equals)] = text.substr(equals + 1);
    } else if (const auto value = context.find_variable(text)) {
      options.args[text] = *value;
    }
  }
  context.show_builds(!quiet);

  const parser::Project project = context.load(options.services);
  require_supported(context.document().root, project,
                    services_meant(project, options.services, options.with_dependencies), Purpose::kBuild);
  Session session(context, "build", project.name);
  const Plan plan = plan_images(project, observe(context.engine(), project.name, &project), options);
  require_build_inputs(project, plan);
  return session.run(plan);
}

}  // namespace compose::cli
