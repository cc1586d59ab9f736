#pragma once
// The container's rootfs: an overlay of its image's layers.
#include <string>
#include <vector>

#include "sys/fd.h"

namespace engine {

// A detached overlay mount; `lower` topmost first, any number of layers. An empty `upper` makes it read-only,
// `work` is empty too then and there must be two layers or more. `scratch` is an existing folder that the
// fallback for kernels before 6.8 mounts on for a moment, changing the current folder meanwhile; it must lie
// in the caller's own private mount namespace. Throws sys::Error.
sys::Fd mount_overlay(const std::vector<std::string>& lower, const std::string& upper,
                      const std::string& work, const std::string& scratch);
// The same without lowerdir+; public for its test.
sys::Fd mount_overlay_classic(const std::vector<std::string>& lower, const std::string& upper,
                              const std::string& work, const std::string& scratch);
// Whether a kernel of this release (uname -r) takes lowerdir+, one layer at a time; public for its test.
bool has_lowerdir_plus(const std::string& release);

}  // namespace engine
