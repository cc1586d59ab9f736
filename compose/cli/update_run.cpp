#include "compose/cli/update_run.h"

#include "compose/cli/observe.h"
#include "compose/plan/rollback.h"

namespace compose::cli {

int run_updates(Context& context, Session& session, const parser::Project& project, const Plan& plan,
                ProgressSink& sink, std::optional<int64_t> timeout_ms) {
  const int code = session.run(plan, sink, session.signals().first());
  if (code != kExitError) return code;
  RollbackOptions back;
  back.timeout_ms = timeout_ms;
  for (const std::string& service : session.failed_updates()) {
    if (plan.updates.at(service).on_failure == Update::OnFailure::kRollBack)
      back.services.insert(service);
    else
      context.show_error(
          "service \"" + service +
          "\": its update is paused: containers that are not replaced yet are as they were. Mend "
          "what failed and run compose up again, which goes on from here");
  }
  if (back.services.empty()) return code;
  for (const std::string& service : back.services) sink.warning("service \"" + service + "\" is rolled back");
  const Plan way_back = plan_rollback(project, observe(context.engine(), project.name, nullptr), back);
  const int outcome = session.run(way_back, sink, session.signals().first());
  for (const std::string& service : back.services) {
    const bool done =
        outcome == kExitOk || (outcome == kExitError && !session.failed_updates().contains(service));
    context.show_error(
        "service \"" + service + "\": " +
        (done ? "rolled back: its containers are those from before the update, which failed"
              : "could not be rolled back entirely; `compose up` with a file that works puts it "
                "right"));
  }
  return outcome == kExitCancelled ? outcome : code;
}

}  // namespace compose::cli
