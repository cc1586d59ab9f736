#pragma once
// Opening what lies in a tree that somebody else filled. openat2(2) with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS
// and RESOLVE_NO_XDEV: `path` is relative, no component of it may be a symbolic link, a mount or "..", so the
// result is inside `root` whatever the tree holds.
#include <string>

#include "sys/fd.h"

namespace engine {

// Nothing is thrown for what the tree may cause: an empty Fd with errno set (ELOOP: a symbolic link in the
// way, EXDEV: a mount or "..", ENOENT, ENOTDIR, ...). `path` "" opens the root itself.
sys::Fd try_open_beneath(int root, const std::string& path, int flags);
// As above, throwing sys::Error.
sys::Fd open_beneath(int root, const std::string& path, int flags);

// The path through which the xattr and chmod calls, which know no descriptors of that kind, reach an O_PATH
// descriptor (man 2 open, O_PATH).
std::string proc_path(int fd);

}  // namespace engine
