// The store's layers and the build cache that refers to them.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <future>

#include "engine/error.h"
#include "engine/image/digest.h"
#include "engine/image/image_store.h"
#include "engine/image/layer_blobs.h"
#include "engine/image/layer_tar.h"
#include "engine/image/store_lock.h"
#include "engine/image/timestamp.h"
#include "engine/state/database.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace engine {

namespace {

constexpr int64_t kCacheUseGranularityMs = 60 * 60 * 1000;
// How long an entry is kept for a build that failed and may be tried again.
constexpr int64_t kUnclaimedForMs = 24 * kCacheUseGranularityMs;

bool is_there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

}  // namespace

// A row must never outlive the bytes it speaks of, so they go to the disk first.
int64_t ImageStore::flush(const Draft& draft, const std::function<void(int)>& meanwhile) {
  const sys::Fd root = sys::open(draft.diff(), O_RDONLY | O_DIRECTORY);
  std::future<void> flushed =
      std::async(std::launch::async, [&] { sys::check(::syncfs(root.get()), "syncfs", draft.diff()); });
  meanwhile(root.get());
  const int64_t size = disk_usage(root.get());
  flushed.get();
  return size;
}

ImageStore::Layer ImageStore::commit_layer(Draft draft, const std::string& parent_chain) {
  require_parent(parent_chain);
  clean_upper(sys::open(draft.diff(), O_RDONLY | O_DIRECTORY).get());
  Layer layer;
  layer.size = flush(draft, [&](int root) { layer.diff_id = layer_diff_id(root); });
  return publish(std::move(draft), std::move(layer), parent_chain, [] {});
}

ImageStore::Layer ImageStore::commit_unpacked_layer(Draft draft, const std::string& parent_chain,
                                                    const std::string& diff_id, const std::string& blob_file,
                                                    const LayerBlob& blob) {
  require_parent(parent_chain);
  Layer layer;
  layer.diff_id = diff_id;
  layer.size = flush(draft, [](int) {});
  layer = publish(std::move(draft), std::move(layer), parent_chain,
                  [&] { LayerBlobs(database_, paths_).keep(blob_file, diff_id, blob); });
  ::unlink(blob_file.c_str());  // not there any more, unless the layer was in the store
  return layer;
}

void ImageStore::require_parent(const std::string& parent_chain) {
  if (parent_chain.empty() || find_layer(parent_chain)) return;
  throw Error(Error::Kind::kNotFound, "layer sha256:" + parent_chain + " is not in the store");
}

ImageStore::Layer ImageStore::publish(Draft draft, Layer layer, const std::string& parent_chain,
                                      const std::function<void()>& keep_blob) {
  layer.chain_id = chain_id(parent_chain, layer.diff_id);
  layer.diff_dir = paths_.layer(layer.chain_id) + "/diff";
  if (std::optional<Layer> existing = find_layer(layer.chain_id)) return *existing;
  sys::remove_tree(draft.work());
  std::vector<Draft> doomed;  // emptied after the lock is released
  const sys::FileLock lock = lock_store(paths_);
  if (std::optional<Layer> existing = find_layer(layer.chain_id)) return *existing;  // another was quicker
  require_parent(parent_chain);                                  // may have been removed meanwhile
  if (std::optional<Draft> leftover = retire(layer.chain_id)) {  // of a crash between rename and row
    doomed.push_back(std::move(*leftover));
  }
  const std::string target = paths_.layer(layer.chain_id);
  sys::check(::rename(draft.path().c_str(), target.c_str()), "rename", target);
  draft.path_.clear();
  sys::check(::fsync(sys::open(layers_dir(), O_RDONLY | O_DIRECTORY).get()), "fsync", layers_dir());
  database_.write([&] {
    keep_blob();
    database_
        .prepare(
            "INSERT INTO layers(chain_id, diff_id, parent, size) VALUES(?,?,?,?)"
            " ON CONFLICT(chain_id) DO UPDATE SET size=excluded.size")
        .bind(1, layer.chain_id)
        .bind(2, layer.diff_id)
        .bind(3, parent_chain)
        .bind(4, layer.size)
        .step();
  });
  return layer;
}

std::optional<ImageStore::Layer> ImageStore::find_layer(const std::string& chain_id) {
  std::optional<Layer> layer;
  database_.read([&] {
    Statement query = database_.prepare("SELECT diff_id, size FROM layers WHERE chain_id=?");
    if (!query.bind(1, chain_id).step()) return;
    layer = Layer{query.text(0), chain_id, paths_.layer(chain_id) + "/diff", query.integer(1)};
  });
  if (layer && !is_there(layer->diff_dir)) return std::nullopt;  // removed behind our back: to be made again
  return layer;
}

std::optional<std::string> ImageStore::cache_get(const std::string& key) {
  std::optional<std::string> value;
  std::string chain;
  int64_t used_ms = 0;
  database_.read([&] {
    Statement query = database_.prepare("SELECT value, chain_id, used_ms FROM build_cache WHERE key=?");
    if (!query.bind(1, key).step()) return;
    value = query.text(0);
    chain = query.text(1);
    used_ms = query.integer(2);
  });
  if (!value || (!chain.empty() && !find_layer(chain))) return std::nullopt;
  const int64_t now = now_ms();
  if (now - used_ms > kCacheUseGranularityMs) {  // not every time: a fully cached build should only read
    database_.write([&] {
      database_.prepare("UPDATE build_cache SET used_ms=? WHERE key=?").bind(1, now).bind(2, key).step();
    });
  }
  return value;
}

void ImageStore::cache_put(const std::string& key, const std::string& value, const std::string& chain_id) {
  database_.write([&] {
    database_
        .prepare(
            "INSERT INTO build_cache(key, value, chain_id, used_ms) VALUES(?,?,?,?)"
            " ON CONFLICT(key) DO UPDATE SET value=excluded.value, chain_id=excluded.chain_id,"
            " used_ms=excluded.used_ms")
        .bind(1, key)
        .bind(2, value)
        .bind(3, chain_id)
        .bind(4, now_ms())
        .step();
  });
}

void ImageStore::claim_cache(const std::string& image_id, const std::set<std::string>& keys) {
  std::set<std::string> missing = keys;
  database_.read([&] {
    Statement query = database_.prepare("SELECT key FROM build_uses WHERE image_id=?");
    query.bind(1, image_id);
    while (query.step()) missing.erase(query.text(0));
  });
  if (missing.empty()) return;
  database_.write([&] {
    for (const std::string& key : missing) {
      database_
          .prepare(
              "INSERT OR IGNORE INTO build_uses(image_id, key)"
              " SELECT id, ?2 FROM images WHERE id=?1")  // none when it has been removed meanwhile
          .bind(1, image_id)
          .bind(2, key)
          .step();
    }
  });
}

// The layers those entries needed.
std::vector<std::string> ImageStore::delete_cache_of(const std::string& image_id) {
  constexpr char kDoomed[] =
      " FROM build_cache WHERE key IN (SELECT key FROM build_uses WHERE image_id=?1)"
      " AND NOT EXISTS(SELECT 1 FROM build_uses u WHERE u.key=build_cache.key AND u.image_id<>?1)"
      " OR used_ms<?2 AND NOT EXISTS(SELECT 1 FROM build_uses u WHERE u.key=build_cache.key)";
  const int64_t long_ago = now_ms() - kUnclaimedForMs;
  std::vector<std::string> chains;
  Statement query = database_.prepare(std::string("SELECT chain_id") + kDoomed);
  query.bind(1, image_id).bind(2, long_ago);
  while (query.step()) {
    if (!query.text(0).empty()) chains.push_back(query.text(0));
  }
  database_.prepare(std::string("DELETE") + kDoomed).bind(1, image_id).bind(2, long_ago).step();
  return chains;
}

}  // namespace engine
