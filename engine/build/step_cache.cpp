#include "engine/build/step_cache.h"

namespace engine::build {

namespace {
// Changes whenever keys come to mean something else, so that entries of older versions are not found.
constexpr const char* kVersion = "step1-";
}  // namespace

// An entry is "<chain id> <created>".
std::optional<StepCache::Hit> StepCache::find(const std::string& key) {
  if (!enabled_) return std::nullopt;
  const auto value = store_.cache_get(kVersion + key);
  if (!value) return std::nullopt;
  const size_t space = value->find(' ');
  if (space == std::string::npos) return std::nullopt;
  const auto layer = store_.find_layer(value->substr(0, space));
  if (!layer) return std::nullopt;
  used_.insert(kVersion + key);
  return Hit{*layer, value->substr(space + 1)};
}

void StepCache::put(const std::string& key, const ImageStore::Layer& layer, const std::string& created) {
  used_.insert(kVersion + key);
  store_.cache_put(kVersion + key, layer.chain_id + " " + created, layer.chain_id);
}

bool StepCache::seen(const std::string& key) {
  if (!enabled_ || !store_.cache_get(kVersion + key)) return false;
  used_.insert(kVersion + key);
  return true;
}

void StepCache::mark(const std::string& key, const std::string& chain) {
  used_.insert(kVersion + key);
  store_.cache_put(kVersion + key, "-", chain);
}

}  // namespace engine::build
