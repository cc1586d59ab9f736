#pragma once
// One path of a container made to be what a path here is, for `watch`: a file is copied, a folder is there, a
// link leads to the same place, and what is not here any more is taken away there with all that is in it.
// Unlike with `cp` (copy.h) folders on the way are made, a file gives way to a folder and a folder to a file,
// and of a folder nothing below it is touched. Links of the container on the way are followed inside of its
// root; what has the name itself never is. What is mounted stays.
#include <string>

#include "engine/copy/copy.h"

namespace engine {

struct SyncPath {
  std::string local;   // absolute
  std::string inside;  // from the container's root
};

// `into.path` is not used. An object that has gone here meanwhile is taken away there. Throws
// engine::Error(kConflict) when a file is on the way, or something is mounted at what has to go; sys::Error.
CopyResult sync_path(const SyncPath& path, const CopySide& into, const CopyOptions& options);

}  // namespace engine
