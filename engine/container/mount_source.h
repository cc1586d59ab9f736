#pragma once
// What is mounted into a rootfs, as detached mounts: a piece of the host's tree, a file system of its own,
// the tree of a stack of layers, a file in memory. Three moments: file systems on devices and servers are
// opened from outside of the container, whose control group may not touch the device and whose network may
// not reach the server; binds while the host's tree still has its own propagation, so that a shared or slave
// mount stays tied to it; those for which something has to be mounted on the way once the container's mount
// namespace is private. All throw sys::Error or SetupError.
#include <vector>

#include "engine/container/spec.h"
#include "sys/fd.h"

namespace engine {

// A folder of the run folder that something is mounted on in this mount namespace only: it goes with it.
std::string own_place(const Spec& spec, const std::string& name);

// To be made by `own_source`, in a private mount namespace; the others are binds, for `open_source`.
bool is_own(const SpecMount& mount);
sys::Fd open_source(const SpecMount& mount);
// A mount of kDevice, by a process on the host's side.
sys::Fd open_device(const SpecMount& mount);
// Of all of Spec::mounts, by their index; the others are empty.
std::vector<sys::Fd> open_devices(const Spec& spec);
// `index` into Spec::mounts, `device`: of this one. A tmpfs for which no mode is asked has that of the folder
// of `root` that it covers, as runc does it.
sys::Fd own_source(const Spec& spec, size_t index, const sys::Fd& device, int root);

// Where in `root` the mount belongs, made when it is missing. `source`: what is to be there.
sys::Fd target_for(int root, const SpecMount& mount, const sys::Fd& source);

}  // namespace engine
