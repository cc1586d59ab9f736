#pragma once
// What is in folders.
#include <cstdint>
#include <string>
#include <vector>

namespace sys {

// Names, without "." and ".."; none when there is no such folder. Throws Error.
std::vector<std::string> names_in(const std::string& folder);
// Bytes of the regular files below it; one with several names counts once. No link is followed, no other file
// system entered, and what vanishes meanwhile does not count. Throws Error.
int64_t bytes_below(const std::string& folder);

}  // namespace sys
