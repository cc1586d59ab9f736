#pragma once
// What start, stop, restart, kill and rm share: they work on containers that exist, from the files or labels
// alone.
#include <functional>
#include <string>

#include "compose/cli/context.h"
#include "compose/cli/session.h"

namespace compose::cli {

using LifePlanner = Plan (*)(const parser::Project* project, const Observed& observed,
                             const LifeOptions& options);

// Loads the project if it can, takes the lock, plans, runs. `then` runs afterwards when all went well
// (--wait); it gets the project, which may be null. Returns the exit code.
int run_life(Context& context, const std::string& command, LifePlanner planner, const LifeOptions& options,
             const std::function<int(Session&, const parser::Project*, const std::string&)>& then = nullptr);

}  // namespace compose::cli
