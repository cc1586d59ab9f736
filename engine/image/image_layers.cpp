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

bool is_there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

}  // namespace

// A row must never outlive the bytes it speaks of, so they go to the disk first.
void ImageStore::flush() const {
  const sys::Fd folder = sys::open(layers_dir(), O_RDONLY | O_DIRECTORY);
  sys::check(::syncfs(folder.get()), "syncfs", layers_dir());
}

ImageStore::Layer ImageStore::commit_layer(Draft draft, const std::string& parent_chain) {
  require_parent(parent_chain);
  const sys::Fd root = sys::open(draft.diff(), O_RDONLY | O_DIRECTORY);
  clean_upper(root.get());
  std::future<void> flushed = std::async(std::launch::async, [this] { flush(); });
  Layer layer;
  const TarDigest digest = digest_layer_tar(root.get());
  layer.diff_id = digest.diff_id;
  layer.size = disk_usage(root.get());
  flushed.get();
  return publish(std::move(draft), std::move(layer), digest.size, parent_chain, [] {});
}

std::vector<ImageStore::Layer> ImageStore::commit_unpacked_layers(std::vector<UnpackedLayer> layers) {
  if (layers.empty()) return {};
  flush();
  std::vector<Layer> committed;
  for (UnpackedLayer& given : layers) {
    require_parent(given.parent_chain);
    Layer layer;
    layer.diff_id = given.diff_id;
    layer.size = disk_usage(sys::open(given.draft.diff(), O_RDONLY | O_DIRECTORY).get());
    const auto tar_size = given.blob.digest == given.diff_id ? std::optional(given.blob.size) : std::nullopt;
    committed.push_back(publish(std::move(given.draft), std::move(layer), tar_size, given.parent_chain, [&] {
      LayerBlobs(database_, paths_).keep(given.blob_file, given.diff_id, given.blob);
    }));
    ::unlink(given.blob_file.c_str());  // not there any more, unless the layer was in the store
  }
  return committed;
}

void ImageStore::require_parent(const std::string& parent_chain) {
  if (parent_chain.empty() || find_layer(parent_chain)) return;
  throw Error(Error::Kind::kNotFound, "layer sha256:" + parent_chain + " is not in the store");
}

ImageStore::Layer ImageStore::publish(Draft draft, Layer layer, std::optional<int64_t> tar_size,
                                      const std::string& parent_chain,
                                      const std::function<void()>& keep_blob) {
  layer.chain_id = chain_id(parent_chain, layer.diff_id);
  hold_made(layer.chain_id);
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
    Statement insert = database_.prepare(
        "INSERT INTO layers(chain_id, diff_id, parent, size, tar_size) VALUES(?,?,?,?,?)"
        " ON CONFLICT(chain_id) DO UPDATE SET size=excluded.size, tar_size=excluded.tar_size");
    insert.bind(1, layer.chain_id).bind(2, layer.diff_id).bind(3, parent_chain).bind(4, layer.size);
    if (tar_size) {
      insert.bind(5, *tar_size);
    } else {
      insert.bind_null(5);
    }
    insert.step();
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

int64_t ImageStore::tar_size(const Layer& layer) {
  std::optional<int64_t> size;
  database_.read([&] {
    Statement query = database_.prepare("SELECT tar_size FROM layers WHERE chain_id=?");
    if (query.bind(1, layer.chain_id).step() && !query.is_null(0)) size = query.integer(0);
  });
  if (size) return *size;
  int64_t counted = 0;
  blobs().write_tar(layer, [&](const char*, size_t more) { counted += static_cast<int64_t>(more); });
  database_.write([&] {
    database_.prepare("UPDATE layers SET tar_size=? WHERE chain_id=?")
        .bind(1, counted)
        .bind(2, layer.chain_id)
        .step();
  });
  return counted;
}

LayerBlobs ImageStore::blobs() {
  return {database_, paths_};
}

sys::FileLock ImageStore::hold_layers() {
  return share_layers(paths_);
}

void ImageStore::hold_made(const std::string& chain_id) {
  const std::lock_guard lock(made_mutex_);
  made_.insert(chain_id);
  if (!holds_) holds_ = share_layers(paths_);
}

void ImageStore::release_made(const std::vector<std::string>& chain_ids) {
  const std::lock_guard lock(made_mutex_);
  for (const std::string& chain : chain_ids) made_.erase(chain);
  if (made_.empty()) holds_.reset();
}

void ImageStore::forget_made_layers() {
  const std::lock_guard lock(made_mutex_);
  made_.clear();
  holds_.reset();
}

void ImageStore::keep_made_layers() {
  const std::lock_guard lock(made_mutex_);
  database_.write([&] {
    for (const std::string& chain : made_) {
      database_
          .prepare(
              "INSERT OR REPLACE INTO build_cache(key, value, chain_id, used_ms)"
              " SELECT ?, '', chain_id, ? FROM layers l WHERE chain_id=?"
              " AND NOT EXISTS(SELECT 1 FROM image_layers i WHERE i.chain_id=l.chain_id)")
          .bind(1, kKeptLayerKey + chain)
          .bind(2, now_ms())
          .bind(3, chain)
          .step();
    }
  });
  made_.clear();
  holds_.reset();
}

}  // namespace engine
