#include "engine/build/step_cache.h"

namespace engine::build {

namespace {
// Changes whenever keys come to mean something else, so that entries of older versions are not found.
constexpr const char* kVersion = "step1-";
}  // namespace

// An entry is "<chain id> <created>".
std::optional<StepCache::Hit> StepCache::find(const std::string& key, bool fresh) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto made = made_.find(key);
    if (made != made_.end()) return made->second;
  }
  if (fresh) return std::nullopt;
  const auto value = store_.cache_get(kVersion + key);
  if (!value) return std::nullopt;
  const size_t space = value->find(' ');
  if (space == std::string::npos) return std::nullopt;
  const auto layer = store_.find_layer(value->substr(0, space));
  if (!layer) return std::nullopt;
  note(kVersion + key);
  return Hit{*layer, value->substr(space + 1)};
}

void StepCache::put(const std::string& key, const ImageStore::Layer& layer, const std::string& created) {
  note(kVersion + key);
  store_.cache_put(kVersion + key, layer.chain_id + " " + created, layer.chain_id);
  const std::lock_guard<std::mutex> lock(mutex_);
  made_[key] = {layer, created};
}

bool StepCache::seen(const std::string& key, bool fresh) {
  if (fresh || !store_.cache_get(kVersion + key)) return false;
  note(kVersion + key);
  return true;
}

void StepCache::mark(const std::string& key, const std::string& chain) {
  note(kVersion + key);
  store_.cache_put(kVersion + key, "-", chain);
}

void StepCache::note(const std::string& key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  used_.insert(key);
}

std::set<std::string> StepCache::used() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return used_;
}

}  // namespace engine::build
