#pragma once
// The two locks of the store.
//
// The store lock keeps folders and blobs in step with their rows. Taken for the moment in which a layer or an
// image appears or disappears, always before a transaction of the database, never inside one.
//
// The use lock keeps layers that no image has yet, or no longer has, from being removed under a process that
// works with them. Who uses layers shares it; who removes them must have it alone and does not wait for it:
// what is superfluous and in use goes later. The kernel releases it with its process, so nobody claims
// anything after death. Shared, it is taken before the store lock.
#include <optional>

#include "engine/paths.h"
#include "sys/file.h"

namespace engine {

inline sys::FileLock lock_store(const Paths& paths) {
  return sys::FileLock::acquire(paths.data_root + "/images/store.lock");
}

inline sys::FileLock share_layers(const Paths& paths) {
  return sys::FileLock::acquire_shared(paths.data_root + "/images/use.lock");
}

// Nothing while anybody shares them.
inline std::optional<sys::FileLock> own_layers(const Paths& paths) {
  return sys::FileLock::try_acquire(paths.data_root + "/images/use.lock");
}

}  // namespace engine
