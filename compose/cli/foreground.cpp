#include "compose/cli/foreground.h"

#include <signal.h>
#include <unistd.h>

#include "compose/cli/attach.h"
#include "compose/cli/session.h"
#include "engine/error.h"

namespace compose::cli {
namespace {

class ForegroundRun {
 public:
  ForegroundRun(Context& context, Signals& signals, const Foreground& what)
      : context_(context), signals_(signals), what_(what), keys_(detach_keys(what.detach_keys)) {}

  int run() {
    // A reader of our output that goes is told by write(2): the container must not go on for nobody.
    ::signal(SIGPIPE, SIG_IGN);
    int code = kExitError;
    try {
      code = start_and_relay();
    } catch (...) {
      end();
      throw;
    }
    if (what_.remove && !detached_) end();
    return code;
  }

 private:
  int start_and_relay() {
    engine::Attached streams;
    try {
      if (signals_.first().cancelled()) return cancelled();
      streams = context_.engine().start_attached(what_.id, engine::with_own_size({what_.input, 0, 0}));
    } catch (const engine::Error& error) {
      context_.show_error(error.what());
      return start_failure(error);
    }
    // What nobody reads goes to its log only.
    if (!what_.output) streams.output.reset();
    if (!what_.error) streams.error.reset();
    what_.started();
    context_.engine().settle();
    signals_.forward([this](int signal) { pass_on(signal); });
    using How = engine::RelayEnd::How;
    ended_ = engine::relay(std::move(streams), {keys_, -1, nullptr, what_.lasting});
    if (ended_.how == How::kEnded) return ended_.exit_code;
    detached_ = ended_.how == How::kDetached;
    if (detached_) {  // it runs on by itself, and goes by itself with --rm
      tell_detached();
      return kExitOk;
    }
    tell("error: the monitor of container " + what_.name +
         " was killed: what it writes from now on is in its log\n");
    context_.engine().reconcile();  // gives it a new one
    return context_.engine()
        .watch_container(what_.id, -1, [](const engine::Status&) { return true; })
        .exit_code;
  }

  int cancelled() {
    if (what_.fresh) context_.engine().remove_container(what_.id, true, true);
    return kExitCancelled;
  }

  // On the thread that hears the signals. A program that does not heed the first two is killed by the third.
  void pass_on(int signal) {
    constexpr int kBySignal = 128;
    if (!what_.pass_signals) ::_exit(kBySignal + signal);
    if (signal == SIGINT || signal == SIGTERM) ++asked_to_end_;
    constexpr int kEnough = 3;
    try {
      context_.engine().kill_container(what_.id,
                                       asked_to_end_ >= kEnough ? "SIGKILL" : std::to_string(signal));
    } catch (const engine::Error&) {  // NOLINT(bugprone-empty-catch): it has ended
    }
  }

  // Nobody is attached any more, and it is not to stay.
  void end() {
    engine::Engine& engine = context_.engine();
    if (what_.remove && ended_.report) {
      if (!engine.remove_after_run(what_.id)) engine::spare_tidying(ended_);
    } else if (what_.remove) {
      engine.remove_container(what_.id, true, true);
    } else if (engine.find_container(what_.id)) {
      engine.stop_container(what_.id, 0);
    }
  }

  Context& context_;
  Signals& signals_;
  const Foreground& what_;
  const std::string keys_;
  engine::RelayEnd ended_;
  bool detached_ = false;
  int asked_to_end_ = 0;  // of the signals' thread
};

}  // namespace

int start_failure(const engine::Error& error) {
  if (error.kind() == engine::Error::Kind::kNotFound) return kExitNotFound;
  return error.kind() == engine::Error::Kind::kDenied ? kExitNotExecutable : kExitEngine;
}

int run_in_foreground(Context& context, Signals& signals, const Foreground& what) {
  return ForegroundRun(context, signals, what).run();
}

}  // namespace compose::cli
