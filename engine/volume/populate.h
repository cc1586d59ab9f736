#pragma once
// Filling a new volume from the image's folder it is mounted over, as Docker does.
#include <string>
#include <vector>

#include "sys/fd.h"

namespace engine {

// The layers' merged tree as a detached overlay mount: only reachable through the returned descriptor, in no
// mount namespace, gone with it. `lower_dirs` topmost first, at least one. Throws sys::Error.
sys::Fd merged_view(const std::vector<std::string>& lower_dirs);

// Copies folder `path` of `root` (resolved inside it) into `destination`: everything below it, and its own
// owner and mode. Nothing happens when the image has no such folder. Owners, modes, times, links, devices and
// extended attributes are kept. Throws sys::Error.
void copy_folder(const sys::Fd& root, const std::string& path, const std::string& destination);

}  // namespace engine
