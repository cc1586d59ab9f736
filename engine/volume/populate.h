#pragma once
// Filling a new volume from the image's folder it is mounted over, as Docker does.
#include <string>
#include <vector>

#include "engine/container/overlay.h"
#include "sys/fd.h"

namespace engine {

// The layers' merged tree as a detached overlay mount: only reachable through the returned descriptor, in no
// mount namespace, gone with it. `lower_dirs` topmost first, at least one. `mount` is
// mount_overlay's way of doing it. Throws sys::Error.
using OverlayMount = sys::Fd (*)(const std::vector<std::string>& lower, const std::string& upper,
                                 const std::string& work, const std::string& scratch);
sys::Fd merged_view(const std::vector<std::string>& lower_dirs, OverlayMount mount = mount_overlay);

// Copies folder `path` of `root` (resolved inside it) into `destination`: everything below it, and its own
// owner and mode. Nothing happens when the image has no such folder. Owners, modes, times, links, devices and
// extended attributes are kept. Throws sys::Error.
void copy_folder(const sys::Fd& root, const std::string& path, const std::string& destination);

}  // namespace engine
