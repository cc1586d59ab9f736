#pragma once
// Asking before something is lost for good.
#include <string>

namespace compose::cli {

// Asks "WARNING! ... Are you sure you want to continue? [y/N]" on the terminal; true for y or yes. Where
// nobody can be asked it throws CommandError, which names -f.
bool confirmed(const std::string& warning);

}  // namespace compose::cli
