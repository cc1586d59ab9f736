#pragma once
// Namespaces that are not the container's own: the host's, or those of another container, its lender. Who
// the lender's process is, is read from its status file at each start, also at a restart, and held by a
// pidfd from then on; so nothing is ever joined but the namespaces of the very container that was named.
// Source: namespaces(7), setns(2). For single-threaded callers.
#include <cstdint>

#include "engine/container/spec.h"
#include "sys/fd.h"

namespace engine {

// Flags for clone3: the namespaces that are made for the container. Mount is others' business, and so is
// network, unless it is borrowed.
uint64_t own_namespaces(const Spec& spec);

// pidfds; empty where nothing is borrowed.
struct Lenders {
  sys::Fd net, ipc, pid, uts;
};
// Throws SetupError naming a container that does not run.
Lenders open_lenders(const Spec& spec);

// In the new process, before its root is made: joins the network, ipc and uts namespaces; of the pid
// namespace are the children that it makes from then on. Throws SetupError.
void join_lenders(const Spec& spec, const Lenders& lenders);
// In the new process, in its own mount namespace: a detached clone of the /dev/shm that goes with its ipc
// namespace. Empty when it is to get one of its own. Throws SetupError.
sys::Fd shared_memory(const Spec& spec, const Lenders& lenders);

// After join_lenders: a detached clone of the lender's /proc, since a process makes that of its own pid
// namespace only, and ours is to be in the lender's at the very end. Without what the lender has covered in
// it. Empty when no container lends its pid namespace. Throws SetupError.
sys::Fd shared_proc(const Spec& spec, const Lenders& lenders);

}  // namespace engine
