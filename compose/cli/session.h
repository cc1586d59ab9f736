#pragma once
// A command that changes a project: holds the project's lock, has the engine put in order, hears signals,
// runs plans.
#include <optional>
#include <set>
#include <string>

#include "compose/cli/context.h"
#include "compose/cli/project_lock.h"
#include "compose/cli/signals.h"
#include "compose/plan/planner.h"

namespace compose::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitError = 1;
inline constexpr int kExitCancelled = 130;

class Session {
 public:
  // Waits for the lock, then reconciles. A dry run does neither. Throws engine::Error, sys::Error.
  Session(Context& context, const std::string& command, const std::string& project);

  Signals& signals() { return *signals_; }
  // Shows the plan's warnings, runs it with progress, prints what failed. A dry run prints the plan instead.
  // Returns the exit code.
  int run(const Plan& plan) { return run(plan, context_.progress(), signals_->first()); }
  int run(const Plan& plan, ProgressSink& sink, const Cancellation& cancellation);

  // Services whose update by groups (Plan::updates) failed in the last run.
  const std::set<std::string>& failed_updates() const { return failed_updates_; }

  // Others may work on the project while we only watch; `take_lock` returns false when `cancellation` came
  // first.
  void drop_lock() { lock_.reset(); }
  bool take_lock(const Cancellation& cancellation);

 private:
  Context& context_;
  std::string command_, project_;
  std::set<std::string> failed_updates_;
  std::optional<ProjectLock> lock_;
  std::optional<Signals> signals_;
};

}  // namespace compose::cli
