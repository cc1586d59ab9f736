#pragma once
// Running a plan of up in which services may be updated by groups: what becomes of one that fails.
#include <optional>

#include "compose/cli/session.h"

namespace compose::cli {

// Runs the plan. An update that fails is rolled back where its service asks for that, by a plan made of what
// is there then; else the user is told where it stands. Returns the exit code, which is that of the plan.
int run_updates(Context& context, Session& session, const parser::Project& project, const Plan& plan,
                ProgressSink& sink, std::optional<int64_t> timeout_ms);

}  // namespace compose::cli
