#pragma once
// What is in folders.
#include <string>
#include <vector>

namespace sys {

// Names, without "." and ".."; none when there is no such folder. Throws Error.
std::vector<std::string> names_in(const std::string& folder);

}  // namespace sys
