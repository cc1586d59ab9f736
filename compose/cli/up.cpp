#include <poll.h>

#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <thread>

#include <set>

#include "compose/cli/attachment.h"
#include "compose/cli/bring_images.h"
#include "compose/cli/bundled_images.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/menu.h"
#include "compose/cli/observe.h"
#include "compose/cli/output.h"
#include "compose/cli/planned_files.h"
#include "compose/cli/remote_consent.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "compose/cli/up_flags.h"
#include "compose/cli/update_run.h"
#include "compose/cli/wait_ready.h"
#include "compose/cli/watch_rules.h"
#include "compose/cli/watcher.h"
#include "compose/plan/inventory.h"
#include "compose/plan/support.h"
#include "compose/ui/log_file.h"
#include "sys/error.h"
#include "sys/late_library.h"

namespace compose::cli {
namespace {

// Shows progress until the first container starts; from then on the screen belongs to the logs, and only what
// goes wrong is told between them.
class AttachedProgress : public ProgressSink {
 public:
  AttachedProgress(Context& context, Attachment& attachment, std::function<void()> announce)
      : context_(context), attachment_(attachment), announce_(std::move(announce)) {}

  void step_changed(const Step& step, StepStatus status, const std::string& text) override {
    if (std::holds_alternative<StartContainer>(step.action) && status == StepStatus::kRunning) begin();
    if (!begun_) {
      context_.progress().step_changed(step, status, text);
    } else if (status == StepStatus::kFailed || !quiet_start_) {
      context_.line_progress().step_changed(step, status, text);
    }
  }
  void build_event(const Step& step, const BuildEvent& event) override {
    context_.progress().build_event(step, event);
  }
  void hook_output(const Step& step, const std::string& line) override {
    (begun_ ? context_.line_progress() : context_.progress()).hook_output(step, line);
  }
  void warning(const std::string& text) override {
    (begun_ ? context_.line_progress() : context_.progress()).warning(text);
  }

  void begin() {
    if (begun_) return;
    begun_ = true;
    context_.progress().finish();
    try {
      announce_();
    } catch (const sys::Error&) {
      unheard_ = std::current_exception();
    }
    attachment_.begin();
  }
  // Throws sys::Error when the output that an attached command is for cannot be written.
  void require_heard() const {
    if (unheard_) std::rethrow_exception(unheard_);
  }
  void stopping() { quiet_start_ = false; }

 private:
  Context& context_;
  Attachment& attachment_;
  std::function<void()> announce_;
  bool begun_ = false, quiet_start_ = true;
  std::exception_ptr unheard_;
};

// A thread that does `kill` once `signal` is cancelled; joined on destruction, which ends the waiting.
class Killer {
 public:
  Killer(const Cancellation& signal, const std::function<void()>& kill)
      : thread_([this, &signal, kill] {
          pollfd fds[2] = {{signal.fd(), POLLIN, 0}, {finished_.fd(), POLLIN, 0}};
          while (::poll(fds, 2, -1) < 0 && errno == EINTR) continue;
          if (!signal.cancelled()) return;
          try {
            kill();
          } catch (const std::exception& error) {
            tell(std::string("error: ") + error.what() + '\n');
          }
        }) {}
  ~Killer() {
    finished_.cancel();
    thread_.join();
  }
  Killer(const Killer&) = delete;
  Killer& operator=(const Killer&) = delete;

 private:
  Cancellation finished_;
  std::thread thread_;
};

// Containers that are as they should be have no step: they are shown as what they are.
void note_unchanged(Context& context, const Plan& plan, const Observed& observed, const AttachRules& rules) {
  std::set<std::string> touched;
  for (const Step& step : plan.steps) touched.insert(step.resource);
  for (const auto& container : observed.containers) {
    const std::string resource = "Container " + container.name;
    if (is_one_off(container) || rules.services.count(service_of(container)) == 0) continue;
    if (touched.count(resource) == 0 && is_up(container)) context.progress().note(resource, "Running");
  }
}

// The bottom line that output stays above, as long as this object lives.
class BelowOutput {
 public:
  BelowOutput()
      : line_(std::make_unique<ui::BottomLine>(
            STDOUT_FILENO,
            [](int fd, std::string_view text) { sys::write_all(fd, text.data(), text.size()); },
            [] { return ui::terminal_size(STDOUT_FILENO); })) {
    keep_below(line_.get());
  }
  ~BelowOutput() { keep_below(nullptr); }
  BelowOutput(const BelowOutput&) = delete;
  BelowOutput& operator=(const BelowOutput&) = delete;
  ui::BottomLine& line() const { return *line_; }

 private:
  std::unique_ptr<ui::BottomLine> line_;
};

class Up {
 public:
  Up(Context& context, const std::string& command, UpFlags flags)
      : context_(context),
        flags_(std::move(flags)),
        project_(load_bundled(context, flags_.services)),
        options_(up_options(context, project_, flags_)),
        rules_(attach_rules(project_, flags_)),
        meant_(services_meant(project_, flags_.services, !flags_.no_deps)),
        session_(context, command, project_.name) {}

  int run() {
    const std::set<std::string>& meant = meant_;
    require_supported(context_.document().root, project_, meant, Purpose::kRun);
    std::vector<watch::Rule> rules;
    if (flags_.watch) rules = watch_rules(context_, project_, meant);
    context_.drop_tree();
    read_planned_files(project_, meant);
    agree_to_remote(context_, project_, flags_.assume_yes);
    Observed observed = observe(context_.engine(), project_.name, &project_);
    const ImageWish images{flags_.services, !flags_.no_deps, flags_.pull, flags_.build, flags_.no_build};
    if (const int code = bring_images(context_, session_, project_, images, observed); code != kExitOk)
      return code;
    const Plan plan = plan_up(project_, observed, options_);
    if (context_.globals().dry_run) return session_.run(plan);
    note_unchanged(context_, plan, observed, rules_);
    if (flags_.detach || flags_.wait || flags_.no_start) return detached(plan);
    return attached(plan, observed, std::move(rules));
  }

 private:
  int detached(const Plan& plan) {
    const int code =
        run_updates(context_, session_, project_, plan, context_.progress(), options_.timeout_ms);
    if (code != kExitOk || !flags_.wait) return code;
    const Observed now = observe(context_.engine(), project_.name, nullptr);
    const std::vector<std::string> services(rules_.services.begin(), rules_.services.end());
    return wait_ready(context_, session_, wait_plan(&project_, now, services), flags_.wait_timeout_s);
  }

  int attached(const Plan& plan, const Observed& before, std::vector<watch::Rule> rules) {
    // Of what exists, only what is written from now on is shown.
    std::map<std::string, std::shared_ptr<ui::LogFile>> begun;
    for (const auto& container : before.containers) {
      auto log = std::make_shared<ui::LogFile>(container.log_path);
      log->skip_to_end();
      begun.emplace(container.id, std::move(log));
    }
    const BelowOutput below;
    const bool colour = !flags_.no_colour && context_.colour(STDOUT_FILENO);
    Attachment attachment(context_.engine(), project_.name, rules_,
                          {!flags_.no_prefix, flags_.timestamps, colour}, std::move(begun), write_output);
    AttachedProgress progress(context_, attachment, [this] { announce(); });
    const int code = run_updates(context_, session_, project_, plan, progress, options_.timeout_ms);
    if (code == kExitError) return code;
    if (code == kExitOk) progress.begin();
    progress.require_heard();
    attachment.complete(rules.empty());
    session_.drop_lock();

    const auto reason = code == kExitCancelled ? Attachment::Reason::kCancelled
                                               : stay(attachment, below.line(), std::move(rules));
    if (reason == Attachment::Reason::kDetached) return kExitOk;
    if (reason == Attachment::Reason::kAllEnded) {
      attachment.finish();
      return attachment.exit_code();
    }
    tell(reason == Attachment::Reason::kAborted ? "Aborting on container exit...\n"
                                                : "Gracefully Stopping... press Ctrl+C again to force\n");
    progress.stopping();
    const int stopped = stop_all(progress, reason == Attachment::Reason::kCancelled);
    attachment.finish();
    if (reason == Attachment::Reason::kCancelled) return kExitCancelled;
    return stopped == kExitOk ? attachment.exit_code() : stopped;
  }

  // As long as the logs are followed: the watching, and the keys. While files are watched, containers that
  // have ended may be started again by a change.
  Attachment::Reason stay(Attachment& attachment, ui::BottomLine& line, std::vector<watch::Rule> rules) {
    std::optional<Watcher> watcher;
    const auto begin_watching = [&](std::vector<watch::Rule> wanted) {
      WatchOptions options;
      options.up = options_;
      watcher.emplace(context_, project_, std::move(wanted), std::move(options));
      attachment.complete(false);
    };
    if (!rules.empty()) begin_watching(std::move(rules));
    std::optional<Menu> menu;
    if (wants_menu(context_, flags_.menu)) {
      MenuActions actions;
      actions.is_watching = [&] { return watcher.has_value(); };
      actions.toggle_watch = [&] {
        if (!watcher) return begin_watching(watch_rules(context_, project_, meant_));
        watcher.reset();
        write_output(STDOUT_FILENO, kWatchDisabled);
        attachment.complete();
      };
      actions.detach = [&] { attachment.detach(); };
      try {
        menu.emplace(context_, line, std::move(actions));
      } catch (const sys::Error& error) {
        context_.log(LogLevel::kWarn, std::string("there is no menu: ") + error.what());
      }
    }
    const Attachment::Reason reason = attachment.wait(session_.signals().first());
    menu.reset();  // its thread uses the watcher
    return reason;
  }

  void announce() {
    std::string names;
    for (const std::string& service : rules_.shown) names += (names.empty() ? "" : ", ") + service;
    if (!names.empty()) print("Attaching to " + names + '\n');
  }

  // The signal that came next - the second after a first one, any after an abort - kills instead of waiting.
  int stop_all(ProgressSink& progress, bool after_signal) {
    LifeOptions life;
    life.services.assign(rules_.services.begin(), rules_.services.end());
    life.timeout_ms = options_.timeout_ms;
    const Cancellation& next = after_signal ? session_.signals().second() : session_.signals().first();
    if (!session_.take_lock(next)) {
      kill_all(life);
      return kExitCancelled;
    }
    // A stop that waits for its grace period to pass ends at once when its container is killed beside it.
    int code = kExitOk;
    {
      const Killer killer(next, [&] { kill_all(life); });
      const Cancellation never;
      code = session_.run(plan_stop(&project_, observe(context_.engine(), project_.name, nullptr), life),
                          progress, never);
    }
    return next.cancelled() ? kExitCancelled : code;
  }

  void kill_all(const LifeOptions& life) {
    for (const Step& step :
         plan_kill(&project_, observe(context_.engine(), project_.name, nullptr), life).steps) {
      const auto* kill = std::get_if<KillContainer>(&step.action);
      if (kill == nullptr) continue;
      try {
        context_.engine().kill_container(kill->container, kill->signal);
      } catch (const std::exception& error) {  // it has ended meanwhile, most likely
        context_.log(LogLevel::kDebug, error.what());
      }
    }
  }

  Context& context_;
  UpFlags flags_;
  parser::Project project_;
  UpOptions options_;
  AttachRules rules_;
  std::set<std::string> meant_;  // services
  Session session_;
};

}  // namespace

int run_up(Context& context, const std::string& command, const UpFlags& flags) {
  context.show_builds(!flags.quiet_build);
  context.show_layers(!flags.quiet_pull);
  return Up(context, command, flags).run();
}

int up_command(Context& context, const Words& args) {
  const UpFlags flags = parse_up(context, args);
  if (!flags.detach && !flags.wait && !flags.no_start) sys::want_libraries();  // to watch files, later on
  return run_up(context, "up", flags);
}

int create_command(Context& context, const Words& args) {
  return run_up(context, "create", parse_create(context, args));
}

}  // namespace compose::cli
