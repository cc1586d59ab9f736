#pragma once
// Asking before something is lost for good.
#include <string>

namespace compose::cli {

// Asks "WARNING! ... Are you sure you want to continue? [y/N]" on the terminal; true for y or yes. Where
// nobody can be asked it throws CommandError, which names -f.
bool confirmed(const std::string& warning);

// Asks "QUESTION [y/N]"; with `usual` "[Y/n]", and an empty line means yes. The answer is read from a
// terminal, or is the line that standard input has for us; where it has none nobody can be asked: throws
// CommandError, which names `way_out`.
bool agreed(const std::string& question, bool usual, const std::string& way_out);

}  // namespace compose::cli
