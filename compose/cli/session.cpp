#include "compose/cli/session.h"

#include <fmt/format.h>

namespace compose::cli {

Session::Session(Context& context, const std::string& command, const std::string& project)
    : context_(context), command_(command), project_(project) {
  if (!context.globals().dry_run) {
    // Signals still have their usual effect here: waiting for a lock is simply ended by one.
    lock_ = ProjectLock::acquire(context.paths().run_root, project, command,
                                 [&](const std::string& text) { context.progress().warning(text); });
    context.engine().reconcile();
  }
  signals_.emplace();
}

int Session::run(const Plan& plan, ProgressSink& sink, const Cancellation& cancellation) {
  if (context_.globals().dry_run) {
    print(to_text(plan));
    return kExitOk;
  }
  context_.log(LogLevel::kDebug,
               fmt::format("{}: plan of {} steps\n{}", command_, plan.steps.size(), to_text(plan)));
  if (plan.empty()) {  // else told by the executor
    for (const std::string& warning : plan.warnings) context_.log(LogLevel::kWarn, warning);
    return kExitOk;
  }
  const RunResult result = compose::run(plan, context_.engine(), sink, cancellation, {context_.parallel()});
  failed_updates_ = result.failed_updates;
  if (result.cancelled) return kExitCancelled;
  if (result.ok) return kExitOk;
  context_.progress().finish();
  for (const std::string& error : result.errors) context_.show_error(error);
  return kExitError;
}

bool Session::take_lock(const Cancellation& cancellation) {
  if (lock_ || context_.globals().dry_run) return true;
  lock_ = ProjectLock::acquire(
      context_.paths().run_root, project_, command_,
      [&](const std::string& text) { context_.progress().warning(text); }, cancellation);
  return lock_.has_value();
}

}  // namespace compose::cli
