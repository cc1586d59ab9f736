#include <filesystem>

#include "compose/cli/arguments.h"
#include "compose/cli/build_inputs.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/observe.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "compose/plan/support.h"
#include "parser/units.h"

namespace compose::cli {

namespace {

void add_args(BuildOptions& options, const std::vector<std::string>& texts, Context& context) {
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == 0 || text.empty())
      throw UsageError("invalid --build-arg '" + text + "': it must be NAME=VALUE");
    if (equals != std::string::npos) {
      options.args[text.substr(0, equals)] = text.substr(equals + 1);
    } else if (const auto value = context.find_variable(text)) {
      options.args[text] = *value;
    }
  }
}

// "default", or "id=path" with the path of a socket or key; several paths with commas between.
void add_ssh(BuildOptions& options, const std::string& text) {
  if (text.empty()) return;
  const size_t equals = text.find('=');
  const std::string id = text.substr(0, equals);
  std::vector<std::string>& paths = options.ssh[id];
  if (equals == std::string::npos) {
    if (id != "default")
      throw UsageError("invalid --ssh '" + text +
                       "': only 'default' stands for the agent, else it is ID=PATH");
    return;
  }
  std::string rest = text.substr(equals + 1);
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    paths.push_back(std::filesystem::absolute(rest.substr(0, comma)).lexically_normal());
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
  }
  if (paths.empty() || id.empty()) throw UsageError("invalid --ssh '" + text + "': it must be ID=PATH");
}

int64_t memory_of(const std::string& text) {
  if (text.empty()) return 0;
  try {
    return parser::parse_bytes(text);
  } catch (const std::exception&) {
    throw UsageError("invalid --memory '" + text + "': it must be a number of bytes such as 512m");
  }
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
  for (const char* name : {"--push", "--check", "--print"}) arguments.refuse_flag(name);
  for (const char* name : {"--builder", "--provenance", "--sbom"}) arguments.refuse_option(name);
  options.services = arguments.parse(args);
  add_args(options, build_args, context);
  add_ssh(options, ssh);
  options.memory = memory_of(memory);
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
