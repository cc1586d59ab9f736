#pragma once
// What is to go of all that builds have left for the next ones: the steps of the build cache and the folders
// of RUN --mount=type=cache.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/image/image_store.h"
#include "engine/paths.h"

namespace engine::build {

struct CacheRecord {
  enum class Type { kStep, kMount };
  Type type = Type::kStep;
  std::string id;
  int64_t used_ms = 0;
  int64_t bytes = 0;      // on disk, that go with it
  bool of_image = false;  // an image of the store was built with it
};

struct CachePruneRequest {
  bool all = false;                   // those of images too
  std::optional<int64_t> until_ms;    // only what was last used before
  std::optional<int64_t> keep_bytes;  // no more than needed to come down to this
  std::optional<CacheRecord::Type> type;
  std::string id;  // the beginning of one; empty: any
};

// What the request dooms, what was used longest ago first. Pure.
std::vector<CacheRecord> doomed_records(std::vector<CacheRecord> records, const CachePruneRequest& request);

struct PrunedCache {
  std::vector<std::string> ids;
  int64_t bytes = 0;
};
// Folders that a step holds stay, and so do layers as long as somebody works with any. Throws engine::Error,
// sys::Error.
PrunedCache prune_cache(ImageStore& store, const Paths& paths, const CachePruneRequest& request);

}  // namespace engine::build
