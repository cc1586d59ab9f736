#pragma once
// Programs that go on by themselves when who started them has ended.
#include <sys/types.h>

#include <string>
#include <vector>

namespace sys {

// Starts the program words[0] (a path) in a session of its own, with /dev/null for its streams and none of
// the caller's descriptors that are closed on exec. Returns its process, a child for the caller to reap
// should it live longer (`reap_ended`). Throws Error.
pid_t start_in_background(const std::vector<std::string>& words);

// Takes those that have ended out of the list. Throws never.
void reap_ended(std::vector<pid_t>& children) noexcept;

}  // namespace sys
