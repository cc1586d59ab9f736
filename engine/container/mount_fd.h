#pragma once
// Mounts held as file descriptors (man 2 fsopen, open_tree, mount_setattr, move_mount; Linux 5.12). A mount
// is made or cloned detached, given its attributes, and only then attached to a target that is itself a
// descriptor: no path is looked up twice, so nothing can be exchanged for a symlink between check and use.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sys/fd.h"

namespace engine {

// Key and value of a file system option; an empty value makes it a flag.
using MountOptions = std::vector<std::pair<std::string, std::string>>;

// A new detached mount of a new file system. `attributes`: MOUNT_ATTR_*. Throws sys::Error with the kernel's
// own words (fsopen's message log) where it gives some.
sys::Fd new_mount(const std::string& type, const MountOptions& options, uint64_t attributes);
// A detached copy of what is mounted at `path` below `dir` (a bind mount); an empty path means `dir` itself.
sys::Fd clone_mount(int dir, const std::string& path, bool recursive);
// mount_setattr(2) on the root of a mount. `propagation`: MS_PRIVATE, MS_SLAVE, MS_SHARED or 0.
void change_mount(int mount, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive);
// Puts a detached mount on top of `target`, which must be of the same kind (folder or not).
void attach_mount(int mount, int target);

enum class TargetKind { kFolder, kFile };
// Opens (O_PATH) `path` inside `root`, symlinks resolved as the container would, making what is missing
// (folders 0755, the last one `mode`; file 0644 empty). Throws sys::Error; ENOTDIR or EISDIR when it exists
// as the other kind.
sys::Fd make_target(int root, const std::string& path, TargetKind kind, unsigned mode = 0755);

// True when `fd` lies on a file system of this type (statfs f_type, PROC_SUPER_MAGIC ...).
bool is_on(int fd, unsigned long magic);

}  // namespace engine
