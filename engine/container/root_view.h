#pragma once
// The files of a container that does not run, as it would see them: its rootfs with what is mounted into it.
#include "engine/container/spec.h"
#include "sys/fd.h"

namespace engine {

// Mounts `spec`'s rootfs and mounts below its run folder and returns its root. Places whose files exist only
// while a container runs (tmpfs, /proc, /sys, /dev) are empty and read-only. The calling process must be
// alone in a mount namespace of its own, with which all goes. Throws sys::Error, SetupError.
sys::Fd mount_root_view(const Spec& spec);

}  // namespace engine
