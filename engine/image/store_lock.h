#pragma once
// The lock that keeps folders and blobs in step with their rows. Taken for the moment in which a layer or an
// image appears or disappears, always before a transaction of the database, never inside one.
#include "engine/paths.h"
#include "sys/file.h"

namespace engine {

inline sys::FileLock lock_store(const Paths& paths) {
  return sys::FileLock::acquire(paths.data_root + "/images/store.lock");
}

}  // namespace engine
