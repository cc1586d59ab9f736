#pragma once
// --wait: a plan that waits until services are up, or healthy where they have a health check, and a limit on
// it.
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "compose/cli/session.h"

namespace compose::cli {

// One step per service. A service that others need as completed counts as ready when it has ended with 0.
Plan wait_plan(const parser::Project* project, const Observed& observed,
               const std::vector<std::string>& services);

// Runs a wait plan; `limit_s` 0 or unset: no limit. Prints "application not healthy after ..." and what is
// not ready yet when it is reached.
int wait_ready(Context& context, Session& session, const Plan& plan, std::optional<int64_t> limit_s);

}  // namespace compose::cli
