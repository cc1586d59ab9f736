#pragma once
// The build cache: what steps made before, by keys that say everything a step depends on. Thread-safe.
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "engine/image/image_store.h"

namespace engine::build {

class StepCache {
 public:
  explicit StepCache(ImageStore& store) : store_(store) {}

  struct Hit {
    ImageStore::Layer layer;
    std::string created;  // when it was made; RFC 3339
  };
  // `fresh`: only what this build has made itself counts.
  std::optional<Hit> find(const std::string& key, bool fresh);
  void put(const std::string& key, const ImageStore::Layer& layer, const std::string& created);

  // For steps without a layer: whether they have been seen.
  bool seen(const std::string& key, bool fresh);
  void mark(const std::string& key, const std::string& chain);

  // An entry of the store's that this build has used in another way.
  void note(const std::string& key);
  // The store's keys of all entries that this build found or made.
  std::set<std::string> used() const;

 private:
  ImageStore& store_;
  mutable std::mutex mutex_;
  std::map<std::string, Hit> made_;  // by this build
  std::set<std::string> used_;
};

}  // namespace engine::build
