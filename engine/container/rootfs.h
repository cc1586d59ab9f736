#pragma once
// From a spec to a root folder, in a straight line, inside the container's new mount namespace.
#include <string>
#include <vector>

#include "engine/container/cgroup.h"
#include "engine/container/spec.h"
#include "engine/container/system_mounts.h"

namespace engine {

// Where compose-init lies in a container with `Spec::init`.
constexpr const char* kInitTarget = "/dev/init";

// Of the host's and of other containers', opened before; empty: none.
struct Borrowed {
  const std::vector<sys::Fd>& devices;  // open_devices
  const sys::Fd& shm;                   // detached mount for /dev/shm
  const sys::Fd& proc;                  // detached mount for /proc
};

// Makes the overlay, mounts everything, pivots into it and lets go of the host's tree: nothing of the host is
// reachable by path afterwards. The calling process must be alone in a new mount namespace, in the
// container's other namespaces and in `cgroup`. `init_program`: host path of compose-init. Throws SetupError
// with the step.
Console enter_rootfs(const Spec& spec, const Cgroup& cgroup, const std::string& init_program,
                     const Borrowed& borrowed);

}  // namespace engine
