#pragma once
// Options of a mount as fstab has them ("uid=5", "noexec", "ro"), taken apart: those of mount(8) that hold
// for any file system are attributes of the mount, what is left is for the file system itself.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/container/mount_fd.h"

namespace engine {

struct SplitOptions {
  uint64_t attributes = 0;  // MOUNT_ATTR_*
  MountOptions file_system;
};

// A later option overrules an earlier one of the same matter, and both the `attributes` given.
SplitOptions split_mount_options(const std::vector<std::string>& options, uint64_t attributes);

}  // namespace engine
