#pragma once
// The build cache: what steps made before, by keys that say everything a step depends on.
#include <map>
#include <optional>
#include <set>
#include <string>

#include "engine/image/image_store.h"

namespace engine::build {

class StepCache {
 public:
  // `enabled` false: nothing is found, everything is stored.
  StepCache(ImageStore& store, bool enabled) : store_(store), enabled_(enabled) {}

  struct Hit {
    ImageStore::Layer layer;
    std::string created;  // when it was made; RFC 3339
  };
  std::optional<Hit> find(const std::string& key);
  void put(const std::string& key, const ImageStore::Layer& layer, const std::string& created);

  // For steps without a layer: whether they have been seen.
  bool seen(const std::string& key);
  void mark(const std::string& key, const std::string& chain);

  // An entry of the store's that this build has used in another way.
  void note(const std::string& key) { used_.insert(key); }
  // The store's keys of all entries that this build found or made.
  const std::set<std::string>& used() const { return used_; }

 private:
  ImageStore& store_;
  bool enabled_;
  std::set<std::string> used_;
};

}  // namespace engine::build
