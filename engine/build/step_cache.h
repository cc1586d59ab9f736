#pragma once
// The build cache: what steps made before, by keys that say everything a step depends on.
#include <map>
#include <optional>
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

 private:
  ImageStore& store_;
  bool enabled_;
};

}  // namespace engine::build
