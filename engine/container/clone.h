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

// The same for a child that shares the caller's memory, as with vfork(2), and so costs a tenth of a copy: it
// runs `main(argument)`, which must not return, on a stack of its own, while the caller waits until it has
// called exec or ended. What it allocates and does not free stays allocated, what of the caller's it changes
// is changed; should it be killed, the allocator may be left in the middle of something. Throws sys::Error.
// Where it is not to be had (sys::kSharesMemory), it is a copy all the same.
pid_t clone_sharing(uint64_t namespaces, const sys::Fd& folder, sys::Fd& pidfd, void (*main)(const void*),
                    const void* argument);

// A child of the caller's own parent, as the caller's last act, by the old clone(2): a filter can look into
// its flags and so allows it where clone3 is refused. The kernel writes the child's number, as the caller
// sees it, to `pid` before anything of either is run or can be killed; in memory that the parent shares it
// cannot miss a child. Returns 0 in the child, -1 with errno.
pid_t clone_sibling(pid_t& pid) noexcept;

}  // namespace engine
