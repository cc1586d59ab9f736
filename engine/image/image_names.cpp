// Names of the store's images: references, ids, and removal by either.
#include <unistd.h>

#include <algorithm>

#include "engine/error.h"
#include "engine/image/digest.h"
#include "engine/image/image_store.h"
#include "engine/image/layer_blobs.h"
#include "engine/image/reference.h"
#include "engine/image/store_lock.h"
#include "engine/state/database.h"

namespace engine {

namespace {

constexpr std::string_view kIdPrefix = "sha256:";
constexpr size_t kShortestBareId = 4;  // so that a service named "db" is not taken for the image dbf3...

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// "sha256:<digits>" when the text can be an id or the beginning of one, else empty.
std::string as_id_prefix(const std::string& text) {
  const bool marked = starts_with(text, kIdPrefix);
  const std::string_view digits = std::string_view(text).substr(marked ? kIdPrefix.size() : 0);
  const bool hex = std::all_of(digits.begin(), digits.end(),
                               [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!hex || digits.size() > 64 || digits.size() < (marked ? 1 : kShortestBareId)) return {};
  return std::string(kIdPrefix) + std::string(digits);
}

// What the image_refs table holds for a reference: a digest pins more than a tag, which is dropped beside it.
std::string stored_name(Reference reference) {
  if (!reference.digest.empty()) reference.tag.clear();
  return reference.to_string();
}

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

std::optional<ImageStore::Named> ImageStore::resolve(const std::string& text) {
  const std::string id_prefix = as_id_prefix(text);
  std::optional<Named> named;
  if (!starts_with(text, kIdPrefix) && !is_sha256_hex(text)) {
    std::string name;
    try {
      name = stored_name(parse_reference(text));
    } catch (const Error&) {
      if (id_prefix.empty()) throw;
    }
    Statement query = database_.prepare("SELECT image_id FROM image_refs WHERE reference=?");
    if (query.bind(1, name).step()) return Named{query.text(0), name};
    if (const size_t at = name.find('@'); at != std::string::npos) {
      Statement manifest =
          database_.prepare("SELECT image_id FROM image_manifests WHERE repository=? AND digest=?");
      manifest.bind(1, name.substr(0, at)).bind(2, name.substr(at + 1));
      if (manifest.step()) return Named{manifest.text(0), {}};
    }
  } else if (id_prefix.empty()) {
    throw Error(Error::Kind::kInvalid,
                "\"" + text + "\" is not an image id: sha256: and up to 64 hex digits");
  }
  if (id_prefix.empty()) return std::nullopt;
  Statement query = database_.prepare("SELECT id FROM images WHERE id>=? AND id<? LIMIT 2");
  query.bind(1, id_prefix).bind(2, id_prefix + 'g');
  if (!query.step()) return std::nullopt;
  named = Named{query.text(0), {}};
  if (query.step()) {
    throw Error(Error::Kind::kConflict,
                "image id " + text + " is ambiguous: several images begin with it; give more digits");
  }
  return named;
}

std::vector<std::string> ImageStore::references_of(const std::string& image_id) {
  std::vector<std::string> references;
  Statement query = database_.prepare("SELECT reference FROM image_refs WHERE image_id=? ORDER BY reference");
  query.bind(1, image_id);
  while (query.step()) references.push_back(query.text(0));
  return references;
}

void ImageStore::record_manifest(const std::string& image_id, const std::string& repository,
                                 const std::string& digest) {
  database_.write([&] {
    require_image(image_id, "name image " + image_id + " " + repository + "@" + digest);
    database_
        .prepare(
            "INSERT INTO image_manifests(repository, digest, image_id) VALUES(?,?,?)"
            " ON CONFLICT(repository, digest) DO UPDATE SET image_id=excluded.image_id")
        .bind(1, repository)
        .bind(2, digest)
        .bind(3, image_id)
        .step();
  });
}

std::vector<std::string> ImageStore::repository_digests(const std::string& image_id) {
  std::vector<std::string> digests;
  database_.read([&] {
    Statement query = database_.prepare(
        "SELECT repository || '@' || digest FROM image_manifests WHERE image_id=?1"
        " UNION SELECT reference FROM image_refs WHERE image_id=?1 AND reference LIKE '%@%' ORDER BY 1");
    query.bind(1, image_id);
    while (query.step()) digests.push_back(query.text(0));
  });
  return digests;
}

// `doing`: what cannot be done without it. To be called inside a transaction.
void ImageStore::require_image(const std::string& image_id, const std::string& doing) {
  Statement image = database_.prepare("SELECT 1 FROM images WHERE id=?");
  if (!image.bind(1, image_id).step())
    throw Error(Error::Kind::kNotFound, "cannot " + doing + ": no such image");
}

void ImageStore::tag(const std::string& image_id, const std::string& reference) {
  const std::string name = stored_name(parse_reference(reference));
  database_.write([&] {
    require_image(image_id, "tag image " + image_id + " as " + reference);
    database_
        .prepare(
            "INSERT INTO image_refs(reference, image_id) VALUES(?,?)"
            " ON CONFLICT(reference) DO UPDATE SET image_id=excluded.image_id")
        .bind(1, name)
        .bind(2, image_id)
        .step();
  });
}

std::vector<std::string> ImageStore::remove(const std::string& reference_or_id, bool force) {
  std::vector<std::string> lines, chains;
  std::vector<Draft> doomed;  // emptied after the lock is released
  const sys::FileLock lock = lock_store(paths_);
  std::string deleted;
  database_.write([&] {
    const std::optional<Named> named = resolve(reference_or_id);
    if (!named) throw Error(Error::Kind::kNotFound, "no such image: " + reference_or_id);
    std::vector<std::string> references = references_of(named->image_id);
    if (named->reference.empty() && references.size() > 1 && !force) {
      throw Error(Error::Kind::kConflict, "image " + reference_or_id + " has several names (" +
                                              join(references) +
                                              "); remove it by name, or force its removal");
    }
    const bool only_untag = !named->reference.empty() && references.size() > 1;
    if (only_untag) references = {named->reference};
    Statement user = database_.prepare("SELECT name FROM containers WHERE image_id=? ORDER BY 1 LIMIT 1");
    const bool is_kept = !only_untag && user.bind(1, named->image_id).step();
    if (is_kept && (!force || references.empty())) {
      throw Error(Error::Kind::kConflict, "image " + reference_or_id + " is used by container " +
                                              user.text(0) + "; remove the container first");
    }
    for (const std::string& reference : references) {
      database_.prepare("DELETE FROM image_refs WHERE reference=?").bind(1, reference).step();
      lines.push_back("Untagged: " + parse_reference(reference).familiar());
    }
    if (only_untag || is_kept) return;
    deleted = named->image_id;
    const std::vector<std::string> more = delete_records(deleted, chains);
    lines.insert(lines.end(), more.begin(), more.end());
  });
  if (deleted.empty()) return lines;
  LayerBlobs(database_, paths_).remove_unused();
  for (const std::string& chain : chains) {
    if (std::optional<Draft> retired = retire(chain)) doomed.push_back(std::move(*retired));
  }
  return lines;
}

std::vector<std::string> ImageStore::delete_records(const std::string& image_id,
                                                    std::vector<std::string>& chains) {
  std::vector<std::string> candidates;
  {
    Statement query = database_.prepare(
        "SELECT DISTINCT chain_id FROM image_layers WHERE image_id=? ORDER BY position DESC");
    query.bind(1, image_id);
    while (query.step()) candidates.push_back(query.text(0));
  }
  const std::vector<std::string> cached = delete_cache_of(image_id);
  candidates.insert(candidates.end(), cached.begin(), cached.end());
  database_.prepare("DELETE FROM images WHERE id=?").bind(1, image_id).step();
  chains = delete_unused_layers(std::move(candidates));
  std::vector<std::string> lines = {"Deleted: " + image_id};
  for (const std::string& chain : chains) lines.push_back("Deleted: sha256:" + chain);
  return lines;
}

// Each layer that goes may make the one below it superfluous.
std::vector<std::string> ImageStore::delete_unused_layers(std::vector<std::string> candidates) {
  std::vector<std::string> deleted;
  for (bool progress = true; progress;) {
    progress = false;
    std::vector<std::string> kept;
    for (const std::string& chain : candidates) {
      Statement layer = database_.prepare("SELECT parent FROM layers WHERE chain_id=?");
      if (!layer.bind(1, chain).step()) continue;
      const std::string parent = layer.text(0);
      Statement user = database_.prepare(
          "SELECT 1 FROM image_layers WHERE chain_id=?1"
          " UNION ALL SELECT 1 FROM build_cache WHERE chain_id=?1"
          " UNION ALL SELECT 1 FROM layers WHERE parent=?1 LIMIT 1");
      if (user.bind(1, chain).step()) {
        kept.push_back(chain);
        continue;
      }
      database_.prepare("DELETE FROM layers WHERE chain_id=?").bind(1, chain).step();
      deleted.push_back(chain);
      if (!parent.empty()) kept.push_back(parent);
      progress = true;
    }
    candidates = std::move(kept);
  }
  return deleted;
}

}  // namespace engine
