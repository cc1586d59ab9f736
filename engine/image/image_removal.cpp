// Removing images, entries of the build cache, and the layers that nothing needs any more.
#include <algorithm>

#include "engine/error.h"
#include "engine/image/image_event.h"
#include "engine/image/image_store.h"
#include "engine/image/layer_blobs.h"
#include "engine/image/reference.h"
#include "engine/image/store_lock.h"
#include "engine/image/timestamp.h"
#include "engine/state/database.h"

namespace engine {

namespace {

// How long an entry is kept for a build that failed and may be tried again.
constexpr int64_t kUnclaimedForMs = int64_t{24} * 60 * 60 * 1000;

// Who needs an image: made from it, or with it mounted.
constexpr const char* kUser =
    "SELECT name FROM containers WHERE image_id=?1 UNION SELECT c.name FROM mounts m JOIN containers c ON "
    "c.id=m.container_id WHERE m.type='image' AND m.source=?1 ORDER BY 1 LIMIT 1";

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string untagged(const std::string& reference) {
  return "Untagged: " + parse_reference(reference).familiar();
}

}  // namespace

std::vector<std::string> ImageStore::remove(const std::string& reference_or_id, bool force, bool keep_cache) {
  std::vector<std::string> lines, references;
  std::string id, deleted;
  database_.write([&] {
    const std::optional<Named> named = resolve(reference_or_id);
    if (!named) throw Error(Error::Kind::kNotFound, "no such image: " + reference_or_id);
    id = named->image_id;
    references = references_of(named->image_id);
    if (named->reference.empty() && references.size() > 1 && !force) {
      throw Error(Error::Kind::kConflict, "image " + reference_or_id + " has several names (" +
                                              join(references) +
                                              "); remove it by name, or force its removal");
    }
    const bool only_untag = !named->reference.empty() && references.size() > 1;
    if (only_untag) references = {named->reference};
    Statement user = database_.prepare(kUser);
    const bool is_kept = !only_untag && user.bind(1, named->image_id).step();
    if (is_kept && (!force || references.empty())) {
      throw Error(Error::Kind::kConflict, "image " + reference_or_id + " is used by container " +
                                              user.text(0) + "; remove the container first");
    }
    for (const std::string& reference : references) {
      database_.prepare("DELETE FROM image_refs WHERE reference=?").bind(1, reference).step();
      lines.push_back(untagged(reference));
    }
    if (only_untag || is_kept) return;
    const std::vector<std::string> more = delete_records(named->image_id, keep_cache);
    lines.insert(lines.end(), more.begin(), more.end());
    deleted = named->image_id;
  });
  for (const std::string& reference : references) note_image(paths_, "untag", id, reference);
  if (deleted.empty()) return lines;
  note_image(paths_, "delete", deleted, "");
  {
    const std::lock_guard lock(made_mutex_);
    added_.erase(deleted);
  }
  for (const std::string& line : sweep().lines) lines.push_back(line);
  return lines;
}

// The rows of an image that has lost its names.
std::vector<std::string> ImageStore::delete_records(const std::string& image_id, bool keep_cache) {
  std::vector<std::string> lines;
  for (const std::string& digest : repository_digests(image_id)) lines.push_back(untagged(digest));
  lines.push_back("Deleted: " + image_id);
  if (!keep_cache) delete_cache_of(image_id);
  database_.prepare("DELETE FROM images WHERE id=?").bind(1, image_id).step();
  return lines;
}

void ImageStore::delete_cache_of(const std::string& image_id) {
  database_
      .prepare(
          "DELETE FROM build_cache WHERE key IN (SELECT key FROM build_uses WHERE image_id=?1)"
          " AND NOT EXISTS(SELECT 1 FROM build_uses u WHERE u.key=build_cache.key AND u.image_id<>?1)"
          " OR used_ms<?2 AND NOT EXISTS(SELECT 1 FROM build_uses u WHERE u.key=build_cache.key)")
      .bind(1, image_id)
      .bind(2, now_ms() - kUnclaimedForMs)
      .step();
}

std::vector<std::string> ImageStore::unused_layers() {
  std::vector<std::string> chains;
  database_.read([&] {
    Statement query = database_.prepare(
        "SELECT chain_id FROM layers l"
        " WHERE NOT EXISTS(SELECT 1 FROM image_layers i WHERE i.chain_id=l.chain_id)"
        " AND NOT EXISTS(SELECT 1 FROM build_cache c WHERE c.chain_id=l.chain_id)"
        " AND NOT EXISTS(SELECT 1 FROM layers above WHERE above.parent=l.chain_id)");
    while (query.step()) chains.push_back(query.text(0));
  });
  return chains;
}

// Removes rows, folders and blobs of layers that nothing refers to. The rows go first: a folder without a row
// is found by remove_stale_drafts, a row without a folder would be a layer that is not there.
ImageStore::Pruned ImageStore::sweep() {
  Pruned pruned;
  std::vector<Draft> doomed;  // emptied after the lock is released
  const sys::FileLock lock = lock_store(paths_);
  std::vector<std::string> chains;
  if (const std::optional<sys::FileLock> alone = own_layers(paths_)) {
    database_.write([&] {
      // Each layer that goes may make the one below it superfluous.
      for (std::vector<std::string> unused; !(unused = unused_layers()).empty();) {
        for (const std::string& chain : unused) {
          Statement size = database_.prepare("SELECT size FROM layers WHERE chain_id=?");
          if (size.bind(1, chain).step()) pruned.bytes += size.integer(0);
          database_.prepare("DELETE FROM layers WHERE chain_id=?").bind(1, chain).step();
          chains.push_back(chain);
        }
      }
    });
  }
  LayerBlobs(database_, paths_).remove_unused();
  for (const std::string& chain : chains) {
    pruned.lines.push_back("Deleted: sha256:" + chain);
    if (std::optional<Draft> retired = retire(chain)) doomed.push_back(std::move(*retired));
  }
  return pruned;
}

void ImageStore::remove_unused_layers() {
  if (!unused_layers().empty()) sweep();
}

ImageStore::Pruned ImageStore::prune(bool named, const std::function<bool(const ImageInfo&)>& doomed) {
  Pruned pruned;
  std::vector<std::string> lines;
  for (const ImageInfo& info : list()) {
    if ((!named && !info.references.empty()) || !doomed(info)) continue;
    bool deleted = false;
    std::vector<std::string> references;
    database_.write([&] {
      if (!is_recorded(info.id)) return;  // another process was quicker
      references = references_of(info.id);
      if (!named && !references.empty()) return;
      Statement user = database_.prepare(kUser);
      if (user.bind(1, info.id).step()) return;
      for (const std::string& reference : references) {
        database_.prepare("DELETE FROM image_refs WHERE reference=?").bind(1, reference).step();
        lines.push_back(untagged(reference));
      }
      const std::vector<std::string> more = delete_records(info.id, false);
      lines.insert(lines.end(), more.begin(), more.end());
      deleted = true;
    });
    if (!deleted) continue;
    for (const std::string& reference : references) note_image(paths_, "untag", info.id, reference);
    note_image(paths_, "delete", info.id, "");
  }
  database_.write([&] {
    const std::string prefix = kKeptLayerKey;
    database_.prepare("DELETE FROM build_cache WHERE substr(key,1,?)=?")
        .bind(1, static_cast<int64_t>(prefix.size()))
        .bind(2, prefix)
        .step();
  });
  pruned = sweep();
  lines.insert(lines.end(), pruned.lines.begin(), pruned.lines.end());
  pruned.lines = std::move(lines);
  for (std::string& line : pruned.lines) line[0] = line[0] == 'U' ? 'u' : 'd';
  return pruned;
}

std::vector<ImageStore::CacheEntry> ImageStore::cache_entries() {
  std::vector<CacheEntry> entries;
  std::vector<std::string> chains;
  database_.read([&] {
    Statement query = database_.prepare(
        "SELECT c.key, c.used_ms, EXISTS(SELECT 1 FROM build_uses u WHERE u.key=c.key), c.chain_id,"
        " coalesce((SELECT size FROM layers l WHERE l.chain_id=c.chain_id AND NOT EXISTS("
        "  SELECT 1 FROM image_layers i WHERE i.chain_id=c.chain_id)), 0)"
        " FROM build_cache c ORDER BY c.used_ms, c.key");
    while (query.step()) {
      entries.push_back({query.text(0), query.integer(1), query.integer(2) != 0, query.integer(4)});
      chains.push_back(query.text(3));
    }
  });
  std::set<std::string> counted;
  for (size_t i = entries.size(); i-- > 0;) {
    if (!counted.insert(chains[i]).second) entries[i].bytes = 0;
  }
  return entries;
}

ImageStore::Pruned ImageStore::prune_cache(const std::vector<std::string>& keys) {
  database_.write([&] {
    for (const std::string& key : keys)
      database_.prepare("DELETE FROM build_cache WHERE key=?").bind(1, key).step();
    database_.prepare("DELETE FROM build_uses WHERE key NOT IN (SELECT key FROM build_cache)").step();
  });
  Pruned pruned = sweep();
  pruned.lines = keys;
  return pruned;
}

}  // namespace engine
