#include "compose/cli/up_flags.h"

#include <set>

#include "compose/cli/arguments.h"
#include "compose/cli/bring_images.h"
#include "compose/cli/failure.h"
#include "compose/cli/selection.h"

namespace compose::cli {
namespace {

// The flags that `up` and `create` share.
void common_flags(Arguments& arguments, Context& context, UpFlags& flags) {
  arguments.flag("--build", flags.build, "Build images before starting containers");
  arguments.flag("--no-build", flags.no_build, "Do not build an image, even if it is missing");
  arguments.flag("--force-recreate", flags.force_recreate, "Recreate containers even if nothing changed");
  arguments.flag("--no-recreate", flags.no_recreate, "Keep containers that exist, even if something changed");
  arguments.flag("--remove-orphans", flags.remove_orphans,
                 "Remove containers of services no longer in the files");
  arguments.list("--scale", flags.scale, "SERVICE=NUMBER of containers (repeatable)");
  arguments.flag("-y,--yes", flags.assume_yes, "Answer yes to all questions");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be done, with reasons, and do nothing");
  arguments.option("--pull", flags.pull, "Fetch images before: always, missing, never or build");
  arguments.flag("--quiet-pull", flags.quiet_pull, "Do not show the progress of fetching images");
}

void common_conflicts(const UpFlags& flags) {
  check_pull_policy(flags.pull);
  refuse_together(flags.no_build && flags.pull == "build", "--no-build", "--pull build");
  refuse_together(flags.build && flags.no_build, "--build", "--no-build");
  refuse_together(flags.force_recreate && flags.no_recreate, "--force-recreate", "--no-recreate");
}

void up_conflicts(const UpFlags& flags) {
  common_conflicts(flags);
  refuse_together(flags.renew_anonymous && flags.no_recreate, "--renew-anon-volumes", "--no-recreate");
  refuse_together(flags.always_recreate_deps && flags.no_recreate, "--always-recreate-deps", "--no-recreate");
  const bool aborts = flags.abort_on_exit || flags.abort_on_failure || !flags.exit_code_from.empty();
  const bool attaches = !flags.attach.empty() || flags.attach_dependencies;
  refuse_together(flags.detach && flags.abort_on_exit, "--detach", "--abort-on-container-exit");
  refuse_together(flags.detach && flags.abort_on_failure, "--detach", "--abort-on-container-failure");
  refuse_together(flags.detach && !flags.exit_code_from.empty(), "--detach", "--exit-code-from");
  refuse_together(flags.detach && !flags.attach.empty(), "--detach", "--attach");
  refuse_together(flags.detach && flags.attach_dependencies, "--detach", "--attach-dependencies");
  refuse_together(flags.detach && flags.watch, "--detach", "--watch");
  refuse_together(flags.detach && flags.menu.value_or(false), "--detach", "--menu");
  refuse_together(flags.wait && flags.watch, "--wait", "--watch");
  refuse_together(flags.no_start && flags.watch, "--no-start", "--watch");
  refuse_together(flags.no_build && flags.watch, "--no-build", "--watch");
  refuse_together(flags.wait && aborts, "--wait", "--abort-on-container-exit and its like");
  refuse_together(flags.wait && attaches, "--wait", "--attach and its like");
  refuse_together(flags.abort_on_exit && flags.abort_on_failure, "--abort-on-container-exit",
                  "--abort-on-container-failure");
  refuse_together(flags.no_start && flags.wait, "--no-start", "--wait");
}

}  // namespace

UpFlags parse_up(Context& context, const std::vector<std::string>& args) {
  UpFlags flags;
  Arguments arguments("up [OPTIONS] [SERVICE...]",
                      "Create and start containers; without -d their logs are shown.");
  arguments.flag("-d,--detach", flags.detach, "Start containers and return");
  common_flags(arguments, context, flags);
  arguments.flag("--always-recreate-deps", flags.always_recreate_deps, "Recreate dependencies too");
  arguments.flag("--no-deps", flags.no_deps, "Do not start dependencies");
  arguments.flag("--no-start", flags.no_start, "Create containers without starting them");
  arguments.flag("-V,--renew-anon-volumes", flags.renew_anonymous,
                 "New anonymous volumes instead of the old ones");
  arguments.flag("--quiet-build", flags.quiet_build, "Do not show build output");
  arguments.option("-t,--timeout", flags.timeout_s, "Seconds to wait for containers to stop");
  arguments.flag("--wait", flags.wait, "Return when all services run or are healthy (implies -d)");
  arguments.option("--wait-timeout", flags.wait_timeout_s, "Seconds after which --wait gives up");
  arguments.flag("--abort-on-container-exit", flags.abort_on_exit, "Stop all when any container ends");
  arguments.flag("--abort-on-container-failure", flags.abort_on_failure, "Stop all when any container fails");
  arguments.option("--exit-code-from", flags.exit_code_from,
                   "Exit with this service's code (stops all when one ends)");
  arguments.list("--attach", flags.attach, "Show the logs of this service only (repeatable)");
  arguments.list("--no-attach", flags.no_attach, "Do not show the logs of this service (repeatable)");
  arguments.flag("--attach-dependencies", flags.attach_dependencies, "Show the logs of dependencies too");
  arguments.flag("--no-color", flags.no_colour, "Logs without colours");
  arguments.flag("--no-log-prefix", flags.no_prefix, "Logs without the containers' names");
  arguments.flag("--timestamps", flags.timestamps, "Logs with their times");
  arguments.flag(
      "--menu", flags.menu,
      "Keys to watch and detach, in a line at the bottom (default: at a terminal, unless COMPOSE_MENU "
      "is false)");
  arguments.flag("-w,--watch", flags.watch,
                 "Bring changed files into containers, or rebuild and restart them, as develop.watch says");
  flags.services = arguments.parse(args);
  up_conflicts(flags);
  if (!flags.exit_code_from.empty() && !flags.abort_on_failure) flags.abort_on_exit = true;
  return flags;
}

UpFlags parse_create(Context& context, const std::vector<std::string>& args) {
  UpFlags flags;
  Arguments arguments("create [OPTIONS] [SERVICE...]", "Create containers without starting them.");
  common_flags(arguments, context, flags);
  flags.services = arguments.parse(args);
  common_conflicts(flags);
  flags.no_start = true;
  return flags;
}

UpOptions up_options(Context& context, const parser::Project& project, const UpFlags& flags) {
  UpOptions options;
  options.services = flags.services;
  for (const std::string& text : flags.scale) {
    const auto [service, count] = parse_scale(text);
    if (project.services.count(service) == 0) throw CommandError("--scale: no such service: " + service);
    options.scale[service] = count;
  }
  options.no_deps = flags.no_deps;
  options.force_recreate = flags.force_recreate;
  options.no_recreate = flags.no_recreate;
  options.always_recreate_deps = flags.always_recreate_deps;
  options.renew_anonymous_volumes = flags.renew_anonymous;
  options.ignore_orphans = context.variable_is_true("COMPOSE_IGNORE_ORPHANS");
  options.remove_orphans = flags.remove_orphans || context.variable_is_true("COMPOSE_REMOVE_ORPHANS");
  if (options.ignore_orphans && options.remove_orphans)
    throw CommandError(
        "orphans cannot be both removed and ignored: unset COMPOSE_IGNORE_ORPHANS, or drop the other");
  options.no_start = flags.no_start;
  options.timeout_ms = to_milliseconds(flags.timeout_s);
  return options;
}

namespace {

void check_service(const parser::Project& project, const std::string& flag, const std::string& name) {
  if (project.services.count(name) == 0) throw CommandError(flag + ": no such service: " + name);
}

}  // namespace

AttachRules attach_rules(const parser::Project& project, const UpFlags& flags) {
  AttachRules rules;
  rules.abort_on_exit = flags.abort_on_exit;
  rules.abort_on_failure = flags.abort_on_failure;
  rules.exit_code_from = flags.exit_code_from;
  if (!flags.exit_code_from.empty()) check_service(project, "--exit-code-from", flags.exit_code_from);

  std::set<std::string> named(flags.services.begin(), flags.services.end());
  if (named.empty()) {
    for (const auto& [name, ignored] : project.services) named.insert(name);
  }
  for (const std::string& name : named) {
    if (flags.no_deps) {
      rules.services.insert(name);
    } else {
      add_with_dependencies(project, name, rules.services);
    }
  }
  for (const std::string& name : flags.attach_dependencies ? rules.services : named) {
    const auto service = project.services.find(name);
    if (service != project.services.end() && service->second.attach.value_or(true)) rules.shown.insert(name);
  }
  if (!flags.attach.empty()) rules.shown.clear();
  for (const std::string& name : flags.attach) {
    check_service(project, "--attach", name);
    rules.shown.insert(name);
  }
  for (const std::string& name : flags.no_attach) {
    check_service(project, "--no-attach", name);
    rules.shown.erase(name);
  }
  return rules;
}

}  // namespace compose::cli
