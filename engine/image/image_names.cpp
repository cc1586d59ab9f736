// Names of the store's images: references, ids, manifests.
#include <algorithm>

#include "engine/error.h"
#include "engine/image/digest.h"
#include "engine/image/image_event.h"
#include "engine/image/image_store.h"
#include "engine/image/reference.h"
#include "engine/image/timestamp.h"
#include "engine/state/database.h"

namespace engine {

namespace {

constexpr std::string_view kIdPrefix = "sha256:";

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// "sha256:<digits>" when the text can be an id or the beginning of one, else empty.
std::string as_id_prefix(const std::string& text) {
  const bool marked = starts_with(text, kIdPrefix);
  const std::string_view digits = std::string_view(text).substr(marked ? kIdPrefix.size() : 0);
  const bool hex = std::all_of(digits.begin(), digits.end(),
                               [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!hex || digits.empty() || digits.size() > 64) return {};
  return std::string(kIdPrefix) + std::string(digits);
}

// What the image_refs table holds for a reference: a digest pins more than a tag, which is dropped beside it.
std::string stored_name(Reference reference) {
  if (!reference.digest.empty()) reference.tag.clear();
  return reference.to_string();
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
  try {
    set_reference(image_id, name);
  } catch (const Error& error) {
    std::string config;
    {
      const std::lock_guard lock(made_mutex_);
      const auto added = added_.find(image_id);
      if (error.kind() != Error::Kind::kNotFound || added == added_.end()) throw;
      config = added->second;
    }
    add_named(config, name);
  }
  note_image(paths_, "tag", image_id, name);
}

void ImageStore::set_reference(const std::string& image_id, const std::string& name) {
  database_.write([&] {
    require_image(image_id, "tag image " + image_id + " as " + name);
    database_
        .prepare(
            "INSERT INTO image_refs(reference, image_id, tagged_ms) VALUES(?,?,?)"
            " ON CONFLICT(reference) DO UPDATE SET image_id=excluded.image_id, tagged_ms=excluded.tagged_ms")
        .bind(1, name)
        .bind(2, image_id)
        .bind(3, now_ms())
        .step();
  });
}

std::vector<std::string> ImageStore::references(const std::string& image_id) {
  std::vector<std::string> references;
  database_.read([&] { references = references_of(image_id); });
  return references;
}

int64_t ImageStore::last_tagged_ms(const std::string& image_id) {
  int64_t tagged_ms = 0;
  database_.read([&] {
    Statement query =
        database_.prepare("SELECT coalesce(max(tagged_ms), 0) FROM image_refs WHERE image_id=?");
    if (query.bind(1, image_id).step()) tagged_ms = query.integer(0);
  });
  return tagged_ms;
}

}  // namespace engine
