#pragma once
// Resource limits of processes (man 2 getrlimit). They are inherited, and what the user's shell has set for
// itself must not reach a container.
#include <sys/resource.h>
#include <sys/types.h>

#include <vector>

namespace engine {

struct ResourceLimit {
  int resource = 0;  // RLIMIT_*
  rlimit value{};
};

// What a container's first program gets: up to 1048576 open files, core dumps, CPU time and sizes as far as
// our own hard limits go. What is not named is left as it is.
std::vector<ResourceLimit> standard_limits();
// All of a running process; the standard ones where the host does not let us read them.
std::vector<ResourceLimit> limits_of(pid_t pid);
// For the calling process. Never raises a hard limit: what is above it becomes it. Throws sys::Error.
void set_limits(const std::vector<ResourceLimit>& limits);

}  // namespace engine
