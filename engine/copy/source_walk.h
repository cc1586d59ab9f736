#pragma once
// The objects of a tree that may change meanwhile, for copying them. Nothing in it is followed or waited for;
// what vanishes between two steps is passed over. Other file systems below are entered, as the owner of the
// tree sees them, but for those that are no store of files (proc, sysfs, cgroup and the like).
#include <sys/stat.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "engine/copy/place.h"

namespace engine {

struct SourceObject {
  std::string path;  // relative to where the walk begins; "": that itself
  const struct stat& status;
  int fd;  // O_PATH, of what `status` is
};

struct WalkLimits {
  // A folder that is passed over: where the copy goes to.
  std::optional<std::pair<dev_t, ino_t>> except;
  std::function<bool()> cancelled;  // asked before each object; engine::Error(kUnavailable) when it says so
  std::function<void(const std::string& path, const std::string& why)> left_out;
};

// `top` is visited first, and a folder before what it holds, in byte order of the names. Throws
// engine::Error(kInvalid) for a tree deeper than kMaxDepth, sys::Error; what `visit` throws passes through.
void walk_source(const Place& top, const WalkLimits& limits,
                 const std::function<void(const SourceObject&)>& visit);

// True for what lies on a file system whose files are the kernel's own.
bool is_kernels_own(int fd);

}  // namespace engine
