#pragma once
// The project for commands that make no container (down, ps, pull, build ...): what only containers are made
// from need not be there.
#include <string>
#include <vector>

#include "compose/cli/context.h"

namespace compose::cli {

// Context::load, but env files and label files are not read, and variables that configs and secrets are made
// of need not be set.
parser::Project load_unresolved(Context& context, const std::vector<std::string>& selected);

}  // namespace compose::cli
