#pragma once
// What is in folders.
#include <cstdint>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace sys {

// Names, without "." and ".."; none when there is no such folder. Throws Error.
std::vector<std::string> names_in(const std::string& folder);
// The same of one that is open for reading, from where its descriptor stands; `what` names it in errors.
std::vector<std::string> names_in(Fd folder, const std::string& what);
// Bytes of the regular files below it; one with several names counts once. No link is followed, no other file
// system entered, and what vanishes meanwhile does not count. Throws Error.
int64_t bytes_below(const std::string& folder);

}  // namespace sys
