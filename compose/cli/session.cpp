#include "compose/cli/session.h"

#include "compose/cli/lean.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace compose::cli {
namespace {

// With --progress json: the members that a real run's lines have, marked.
std::string json_lines(const Plan& plan) {
  std::string text;
  const auto add = [&text](const nlohmann::ordered_json& line) {
    text += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  };
  for (const std::string& warning : plan.warnings)
    add({{"dry-run", true}, {"warning", true}, {"message", warning}});
  for (const Step& step : plan.steps) {
    nlohmann::ordered_json line{
        {"dry-run", true}, {"id", step.resource}, {"status", "Done"}, {"text", verb(step.action)}};
    if (!step.reason.empty()) line["details"] = step.reason;
    add(line);
  }
  return text;
}

}  // namespace

Session::Session(Context& context, const std::string& command, const std::string& project)
    : context_(context), command_(command), project_(project) {
  if (!context.globals().dry_run) {
    // Signals still have their usual effect here: waiting for a lock is simply ended by one.
    lock_ = ProjectLock::acquire(context.paths().run_root, project, command,
                                 [&](const std::string& text) { context.progress().warning(text); });
    context.engine().reconcile(project);
  }
  signals_.emplace();
}

int Session::run(const Plan& plan, ProgressSink& sink, const Cancellation& cancellation) {
  if (context_.globals().dry_run) {
    print(context_.progress_name() == "json" ? json_lines(plan) : to_text(plan));
    return kExitOk;
  }
  context_.log(LogLevel::kDebug,
               fmt::format("{}: plan of {} steps\n{}", command_, plan.steps.size(), to_text(plan)));
  if (plan.empty()) {  // else told by the executor
    for (const std::string& warning : plan.warnings) context_.log(LogLevel::kWarn, warning);
    return kExitOk;
  }
  lean::settle();
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
