#include <signal.h>

#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/file_digests.h"
#include "compose/cli/observe.h"
#include "compose/cli/run_flags.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "compose/plan/support.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/random.h"

namespace compose::cli {
namespace {

constexpr int kExitEngine = 125, kExitNotExecutable = 126, kExitNotFound = 127;

// Why the container's program did not even begin, as docker tells it by the exit code.
int start_failure(const engine::Error& error) {
  if (error.kind() == engine::Error::Kind::kNotFound) return kExitNotFound;
  return error.kind() == engine::Error::Kind::kDenied ? kExitNotExecutable : kExitEngine;
}

class Run {
 public:
  Run(Context& context, RunFlags flags)
      : context_(context),
        flags_(std::move(flags)),
        project_(context.load({flags_.service})),
        options_(options()),
        session_(context, "run", project_.name) {}

  int run() {
    const std::vector<std::string> services{flags_.service};
    const std::set<std::string> meant = services_meant(project_, services, !flags_.no_deps);
    require_supported(context_.document().root, project_, meant, Purpose::kRun);
    note_file_digests(project_, meant);
    Observed observed = observe(context_.engine(), project_.name, &project_);
    const ImageWish images{services, !flags_.no_deps, flags_.pull, flags_.build, false};
    if (const int code = bring_images(context_, session_, project_, images, observed); code != kExitOk)
      return code;
    const Plan plan = plan_one_off(project_, observed, options_);
    if (const int code = session_.run(plan); code != kExitOk || context_.globals().dry_run) return code;
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
    // A reader of our output that goes is told by write(2): the container must not go on for nobody.
    ::signal(SIGPIPE, SIG_IGN);
    const auto container = context_.engine().find_container(options_.one_off.name);
    if (!container) throw CommandError("container " + options_.one_off.name + " is gone before its start");
    id_ = container->id;
    int code = kExitError;
    try {
      code = start_and_relay();
    } catch (...) {
      end();
      throw;
    }
    if (flags_.remove) end();
    return code;
  }

  int start_and_relay() {
    engine::Attached streams;
    try {
      if (session_.signals().first().cancelled()) return cancelled();
      streams =
          context_.engine().start_attached(id_, engine::with_own_size({flags_.wishes.interactive, 0, 0}));
    } catch (const engine::Error& error) {
      context_.show_error(error.what());
      return start_failure(error);
    }
    session_.drop_lock();
    session_.signals().forward([this](int signal) { pass_on(signal); });
    if (const auto code = engine::relay(std::move(streams))) return *code;
    tell("error: the monitor of container " + options_.one_off.name +
         " was killed: what it writes from now on is in its log\n");
    context_.engine().reconcile();  // gives it a new one
    return context_.engine().watch_container(id_, -1, [](const engine::Status&) { return true; }).exit_code;
  }

  int cancelled() {
    context_.engine().remove_container(id_, true, true);
    return kExitCancelled;
  }

  // On the thread that hears the signals. A program that does not heed the first two is killed by the third.
  void pass_on(int signal) {
    if (signal == SIGINT || signal == SIGTERM) ++asked_to_end_;
    constexpr int kEnough = 3;
    try {
      context_.engine().kill_container(id_, asked_to_end_ >= kEnough ? "SIGKILL" : std::to_string(signal));
    } catch (const engine::Error&) {  // NOLINT(bugprone-empty-catch): it has ended
    }
  }

  // Nobody is attached any more, and it is not to stay.
  void end() {
    engine::Engine& engine = context_.engine();
    if (flags_.remove) {
      engine.remove_container(id_, true, true);
    } else if (engine.find_container(id_)) {
      engine.stop_container(id_, 0);
    }
  }

  Context& context_;
  RunFlags flags_;
  parser::Project project_;
  OneOffOptions options_;
  std::string id_;
  int asked_to_end_ = 0;  // of the signals' thread
  Session session_;       // last: its thread uses what is above
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
