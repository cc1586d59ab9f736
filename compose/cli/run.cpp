#include <future>

#include "compose/cli/bundled_images.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/foreground.h"
#include "compose/cli/observe.h"
#include "compose/cli/planned_files.h"
#include "compose/cli/remote_consent.h"
#include "compose/cli/run_flags.h"
#include "compose/cli/seccomp_profiles.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "compose/cli/update_run.h"
#include "compose/execute/hook_run.h"
#include "compose/plan/hooks.h"
#include "compose/plan/inventory.h"
#include "compose/plan/support.h"
#include "sys/error.h"
#include "sys/random.h"

namespace compose::cli {
namespace {

class Run {
 public:
  Run(Context& context, RunFlags flags)
      : context_(context),
        flags_(std::move(flags)),
        project_(load_bundled(context, {flags_.service})),
        options_(options()),
        session_(context, "run", project_.name) {}

  int run() {
    const std::vector<std::string> services{flags_.service};
    const std::set<std::string> meant = services_meant(project_, services, !flags_.no_deps);
    require_supported(context_.document().root, project_, meant, Purpose::kRun);
    read_planned_files(project_, meant);
    read_seccomp_profile(options_.one_off.service);
    agree_to_remote(context_, project_, false);
    Observed observed = observe(context_.engine(), project_.name, &project_);
    const ImageWish images{services, !flags_.no_deps, flags_.pull, flags_.build, false};
    if (const int code = bring_images(context_, session_, project_, images, observed); code != kExitOk)
      return code;
    const Plan plan = plan_one_off(project_, observed, options_);
    const int code = run_updates(context_, session_, project_, plan, context_.progress(), std::nullopt);
    if (code != kExitOk || context_.globals().dry_run) return code;
    if (!flags_.detach) return attached();
    context_.progress().finish();
    if (!flags_.quiet) print(options_.one_off.name + '\n');
    return kExitOk;
  }

 private:
  OneOffOptions options() {
    OneOffOptions options;
    OneOff& one_off = options.one_off;
    const parser::Service given =
        parser::read_service_flags(flags_.attributes, project_, context_.load_options().working_directory);
    one_off.service = one_off_service(project_.services.at(flags_.service), given, flags_.wishes);
    one_off.slug = sys::random_hex(64);
    one_off.name = flags_.name.empty() ? one_off_name(project_, flags_.service, one_off.slug) : flags_.name;
    one_off.use_aliases = flags_.use_aliases;
    one_off.auto_remove = flags_.remove;
    options.no_deps = flags_.no_deps;
    options.remove_orphans = flags_.remove_orphans || context_.variable_is_true("COMPOSE_REMOVE_ORPHANS");
    options.ignore_orphans = context_.variable_is_true("COMPOSE_IGNORE_ORPHANS");
    options.start = flags_.detach || context_.globals().dry_run;
    return options;
  }

  int attached() {
    context_.progress().finish();
    const auto container = context_.engine().find_container(options_.one_off.name);
    if (!container) throw CommandError("container " + options_.one_off.name + " is gone before its start");
    Foreground what;
    what.id = container->id;
    what.name = options_.one_off.name;
    what.input = flags_.wishes.interactive;
    what.remove = flags_.remove;
    std::future<std::string> hooks;  // why they failed
    what.started = [&] {
      session_.drop_lock();
      if (!options_.one_off.service.post_start.empty())
        hooks = std::async(std::launch::async, [&] { return run_post_start(container->id); });
    };
    const int code = run_in_foreground(context_, session_.signals(), what);
    const std::string failure = hooks.valid() ? hooks.get() : "";
    if (!failure.empty()) context_.show_error(failure);
    return code == kExitOk && !failure.empty() ? kExitError : code;
  }

  // Beside the command, which has the terminal: what they write is not shown, unless it tells why one failed.
  std::string run_post_start(const std::string& id) {
    const std::string resource = "container " + options_.one_off.name;
    for (const Hook& hook : hooks_of(options_.one_off.service.post_start)) {
      std::string last;
      try {
        const int code =
            run_hook(context_.engine(), id, hook, -1, [&](const std::string& line) { last = line; });
        if (code != 0)
          return hook_failure(resource, "post_start", hook, code) + (last.empty() ? "" : ": " + last);
      } catch (const std::exception& error) {
        return resource + ": post_start hook " + hook.command.front() + " could not be run: " + error.what();
      }
    }
    return "";
  }

  Context& context_;
  RunFlags flags_;
  parser::Project project_;
  OneOffOptions options_;
  Session session_;
};

}  // namespace

int run_command(Context& context, const Words& args) {
  RunFlags flags = parse_run(context, args);
  if (flags.quiet) context.be_quiet();
  context.show_builds(!flags.quiet_build);
  context.show_layers(!flags.quiet_pull);
  return Run(context, std::move(flags)).run();
}

}  // namespace compose::cli
