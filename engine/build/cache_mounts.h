#pragma once
// Folders that RUN --mount=type=cache keeps from one build to the next. They are below the data root and part
// of no image:
//
//   <root>/<64 hex>/name       what the cache is for, for people
//                   <n>/data/  the folder itself; 0 unless several private ones are in use at once
//                   <n>/lock   flock(2): shared by users of a shared cache, exclusive otherwise
#include <functional>
#include <map>
#include <string>

#include "engine/build/run_flags.h"
#include "sys/fd.h"

namespace engine::build {

struct CacheWish {
  std::string name;    // "id=..., target=...", for people
  std::string digest;  // 64 hex digits: caches with the same one are the same
  MountFlag::Sharing sharing = MountFlag::Sharing::kShared;
  uint32_t uid = 0, gid = 0, mode = 0755;  // of the folder when it is made
  // Fills a new folder, whose parent is given; it is called "data" and there already. Empty: it stays empty.
  std::function<void(const std::string& parent)> fill;
};

// Caches held by one step: released on destruction.
class CacheMounts {
 public:
  // `stop` is asked while another step, of this or another process, holds a cache; it ends the wait by
  // throwing.
  CacheMounts(std::string root, std::function<void()> stop)
      : root_(std::move(root)), stop_(std::move(stop)) {}

  // The folders of all wishes, by digest. To be called once: caches are taken in one fixed order, so that two
  // steps never wait for each other. Throws sys::Error, and what `stop` and `fill` throw.
  std::map<std::string, std::string> hold(std::map<std::string, CacheWish> wishes);

 private:
  std::string hold_one(const CacheWish& wish);
  bool lock(const std::string& folder, bool exclusive);

  std::string root_;
  std::function<void()> stop_;
  std::vector<sys::Fd> locks_;
};

}  // namespace engine::build
