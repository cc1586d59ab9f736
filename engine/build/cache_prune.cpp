#include "engine/build/cache_prune.h"

#include <algorithm>
#include <tuple>

#include "engine/build/cache_mounts.h"

namespace engine::build {
namespace {

bool is_meant(const CacheRecord& record, const CachePruneRequest& request) {
  return (request.all || !record.of_image) && (!request.until_ms || record.used_ms < *request.until_ms) &&
         (!request.type || record.type == *request.type) && record.id.starts_with(request.id);
}

}  // namespace

std::vector<CacheRecord> doomed_records(std::vector<CacheRecord> records, const CachePruneRequest& request) {
  std::stable_sort(records.begin(), records.end(),
                   [](const CacheRecord& a, const CacheRecord& b) { return a.used_ms < b.used_ms; });
  int64_t total = 0;
  for (const CacheRecord& record : records) total += record.bytes;
  std::vector<CacheRecord> doomed;
  for (const CacheRecord& record : records) {
    if (request.keep_bytes && total <= *request.keep_bytes) break;
    if (!is_meant(record, request)) continue;
    total -= record.bytes;
    doomed.push_back(record);
  }
  return doomed;
}

PrunedCache prune_cache(ImageStore& store, const Paths& paths, const CachePruneRequest& request) {
  const std::vector<CacheMountInfo> mounts = list_cache_mounts(paths.cache_mounts());
  std::vector<CacheRecord> records;
  for (const ImageStore::CacheEntry& entry : store.cache_entries())
    records.push_back({CacheRecord::Type::kStep, entry.key, entry.used_ms, entry.bytes, entry.of_image});
  for (const CacheMountInfo& mount : mounts)
    records.push_back({CacheRecord::Type::kMount, mount.id, mount.used_ms, mount.bytes, false});
  std::vector<std::string> steps;
  std::vector<CacheMountInfo> folders;
  for (const CacheRecord& record : doomed_records(std::move(records), request)) {
    if (record.type == CacheRecord::Type::kStep) {
      steps.push_back(record.id);
    } else {
      folders.push_back({record.id, "", record.used_ms, record.bytes});
    }
  }
  const ImageStore::Pruned pruned = store.prune_cache(steps);
  PrunedCache done{pruned.lines, pruned.bytes};
  for (const auto& [id, bytes] : remove_cache_mounts(paths.cache_mounts(), folders)) {
    done.ids.push_back(id);
    done.bytes += bytes;
  }
  return done;
}

}  // namespace engine::build
