#pragma once
// Resource limits of processes (man 2 getrlimit). They are inherited, and what the user's shell has set for
// itself must not reach a container.
#include <sys/resource.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "engine/container/spec.h"

namespace engine {

struct ResourceLimit {
  int resource = 0;  // RLIMIT_*
  rlimit value{};
};

// What a container's first program gets: up to 1048576 open files, core dumps, CPU time and sizes as far as
// our own hard limits go. What is not named is left as it is.
std::vector<ResourceLimit> standard_limits();
// The standard ones but for those that are asked for.
std::vector<ResourceLimit> standard_limits_without(const std::vector<SpecUlimit>& asked);
// For the calling process, exactly as asked; above the present hard limit it takes CAP_SYS_RESOURCE. Throws
// SetupError naming the limit.
void set_asked_limits(const std::vector<SpecUlimit>& asked);
// False for a name that getrlimit(2) has no limit for.
bool is_limit_name(const std::string& name);
// All of a running process; the standard ones where the host does not let us read them.
std::vector<ResourceLimit> limits_of(pid_t pid);
// For the calling process. Never raises a hard limit: what is above it becomes it. Throws sys::Error.
void set_limits(const std::vector<ResourceLimit>& limits);

}  // namespace engine
