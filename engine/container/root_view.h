#pragma once
// The files of a container that does not run, as it would see them: its rootfs with what is mounted into it.
#include <array>

#include "engine/container/spec.h"
#include "sys/fd.h"

namespace engine {

// Files that the engine makes for each start of a container and mounts over what the image has.
inline constexpr std::array kMadeAtStart = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};

// Mounts `spec`'s rootfs and mounts below its run folder and returns its root. Places whose files exist only
// while a container runs (tmpfs, /proc, /sys, /dev) are empty and read-only, kMadeAtStart are
// as the image has them and read-only, since what is written there would not be seen. The calling process
// must be alone in a mount namespace of its own, with which all goes. Throws sys::Error, SetupError.
sys::Fd mount_root_view(const Spec& spec);

}  // namespace engine
