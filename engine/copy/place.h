#pragma once
// Where a path leads in a tree that somebody else may change meanwhile. Every look-up is one openat2(2) with
// RESOLVE_IN_ROOT, or of one name in a folder that is held open: symbolic links and ".." lead to places
// inside the tree, whatever is exchanged for what in between (CVE-2018-15664).
#include <sys/stat.h>

#include <string>

#include "sys/fd.h"

namespace engine {

struct Place {
  sys::Fd parent;    // O_PATH, the folder it is in
  std::string name;  // in that folder; empty: a root, or what "." or ".." mean, where only `object` counts
  sys::Fd object;    // O_PATH; empty: there is nothing of that name
  struct stat status {};  // of `object`

  bool exists() const { return static_cast<bool>(object); }
  bool is_folder() const { return exists() && S_ISDIR(status.st_mode); }
};

// `path`, absolute or relative to the root, with any number of final slashes. `follow`: a symbolic link at
// its end is followed, one to nowhere to the place it names. Throws sys::Error, ENOENT where a folder on the
// way is missing.
Place find_place(int root, const std::string& path, bool follow);

// "dir/" and "dir/." mean a folder, and what a link of that name leads to.
bool means_folder(const std::string& path);
// "dir/.", and "." and "/" themselves: what is in the folder.
bool means_contents(const std::string& path);

// The object of this name in `folder`, not followed, O_PATH; empty when there is none (any more). Throws
// sys::Error.
sys::Fd open_name(int folder, const std::string& name);
// A folder behind an O_PATH descriptor, for reading its names.
sys::Fd open_to_list(int path_fd, const std::string& what);

}  // namespace engine
