#pragma once
// The schema of state.db as a list of migrations; user_version counts how many have been applied. Described
// in prose in ARCHITECTURE.md, "State on disk".
#include <vector>

namespace engine {

// migrations()[n] takes a database from user_version n to n+1. Only ever appended to.
const std::vector<const char*>& migrations();

}  // namespace engine
