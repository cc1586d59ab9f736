#pragma once
// Folders that RUN --mount=type=cache keeps from one build to the next. They are below the data root and part
// of no image:
//
//   <root>/<64 hex>/name       what the cache is for, for people
//                   <n>/data/  the folder itself; 0 unless several private ones are in use at once
//                   <n>/lock   flock(2): shared by users of a shared cache, exclusive otherwise; its time of
//                              change is when the cache was last taken
//   <root>/lock                flock(2): shared while a cache is taken, exclusive while some are removed
#include <functional>
#include <map>
#include <string>
#include <vector>

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

std::string cache_mounts_lock(const std::string& root);

// One such folder, as it lies there.
struct CacheMountInfo {
  std::string id;    // <64 hex>/<n>
  std::string name;  // what it is for
  int64_t used_ms = 0, bytes = 0;
};
// Those that were used longest ago first. Throws sys::Error.
std::vector<CacheMountInfo> list_cache_mounts(const std::string& root);
// Removes those that no step of any process holds and returns the bytes that this freed, by id. What a killed
// removal left goes too. Throws sys::Error.
std::map<std::string, int64_t> remove_cache_mounts(const std::string& root,
                                                   const std::vector<CacheMountInfo>& doomed);

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
  bool take(const std::string& base, const std::string& folder, const CacheWish& wish, bool* fresh);
  bool lock(const std::string& folder, bool exclusive);

  std::string root_;
  std::function<void()> stop_;
  std::vector<sys::Fd> locks_;
};

}  // namespace engine::build
