#pragma once
// Signals by name.
#include <optional>
#include <string>

namespace sys {

// Number of a signal ("TERM", "SIGTERM", "sigterm", "15", "RTMIN+3"); nothing when there is none of that
// name.
std::optional<int> signal_number(const std::string& name);

}  // namespace sys
