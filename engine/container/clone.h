#pragma once
// Making a process with man 2 clone3. For processes of one thread only: what the C library does around
// fork(2) is not done.
#include <sys/types.h>

#include <cstdint>

#include "sys/fd.h"

namespace engine {

// Like fork(2), with the namespaces of the flags (CLONE_NEWPID ...), born into the v2 cgroup whose `folder`
// is open, unless that is empty, and with a descriptor of the child in `pidfd`. Returns 0 in the child.
// Throws sys::Error.
pid_t clone_process(uint64_t namespaces, const sys::Fd& folder, sys::Fd& pidfd);

}  // namespace engine
