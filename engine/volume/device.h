#pragma once
// Volumes that lie elsewhere than in the data root: driver_opts of the local driver, as mount(8) has them:
// type, o, device. Source: Docker Engine manual, "docker volume create", "Driver-specific options".
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "engine/model.h"
#include "sys/fd.h"

namespace engine {

struct VolumeDevice {
  bool bind = false;       // a folder of the host
  bool recursive = false;  // `bind`: with what is mounted below it
  std::string type;        // of the file system otherwise: nfs, tmpfs, ext4
  std::string device;
  std::vector<std::string> options;  // without bind, rbind
  // Each mount of it is a new, empty one; of others the kernel has one, however often it is mounted.
  bool is_memory() const { return !bind && (type == "tmpfs" || type == "ramfs"); }
  bool is_read_only() const { return std::find(options.begin(), options.end(), "ro") != options.end(); }
};

// Nothing without driver_opts.
std::optional<VolumeDevice> volume_device(const VolumeConfig& config);
// The name of a server becomes its address, as file systems of the network want it. Throws kUnavailable.
VolumeDevice with_address(VolumeDevice device);
// A new mount of one that is no `bind`, in no mount namespace: gone with the descriptor. Throws sys::Error.
sys::Fd mount_device(const VolumeDevice& device);
// Throws kInvalid for options that are unknown, or not enough.
void check_volume_device(const VolumeConfig& config);

}  // namespace engine
