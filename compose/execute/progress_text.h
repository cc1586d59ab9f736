#pragma once
// Words for progress, as docker compose says them.
#include <string>

#include "compose/plan/plan.h"

namespace compose {

std::string running_text(const Action& action);  // "Creating", "Waiting", ...
std::string done_text(const Action& action);     // "Created", "Healthy", ...

}  // namespace compose
