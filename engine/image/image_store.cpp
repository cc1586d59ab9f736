#include "engine/image/image_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/error.h"
#include "engine/image/beneath.h"
#include "engine/image/digest.h"
#include "engine/image/layer_xattr.h"
#include "engine/image/store_lock.h"
#include "engine/image/timestamp.h"
#include "engine/state/database.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

// An overlay does not look at the mark on a lower layer's root folder, so the layers below such a one are
// left out.
bool hides_all_below(const std::string& diff_dir) {
  const sys::Fd root(::open(diff_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return root && is_opaque(read_xattrs(root.get(), diff_dir));
}

// Makes an OCI image layout of the folder (OCI image-spec, image-layout.md). Which images there are is said
// by the database; the index names none.
void make_layout(const std::string& folder) {
  const std::string layout = folder + "/oci-layout", index = folder + "/index.json";
  if (::access(index.c_str(), F_OK) == 0 && ::access(layout.c_str(), F_OK) == 0) return;
  sys::write_file_atomic(index, R"({"schemaVersion":2,"manifests":[]})");
  sys::write_file_atomic(layout, R"({"imageLayoutVersion":"1.0.0"})");
}

}  // namespace

ImageStore::ImageStore(Database& database, Paths paths) : database_(database), paths_(std::move(paths)) {
  // Closed to other users: layers hold set-uid programs and device nodes that only mean something in a
  // container.
  sys::make_dirs(paths_.data_root, 0700);
  sys::make_dirs(paths_.build_tmp(), 0700);
  sys::make_dirs(layers_dir(), 0700);
  sys::make_dirs(paths_.blobs(), 0700);
  make_layout(paths_.data_root + "/images");
}

std::string ImageStore::blob_path(const std::string& image_id) const {
  return paths_.blobs() + '/' + digest_hex(image_id);
}

std::string ImageStore::config_json(const std::string& image_id) {
  const std::optional<std::string> bytes = sys::read_file_if_exists(blob_path(image_id));
  if (!bytes || "sha256:" + sha256_hex(*bytes) != image_id) {
    throw Error(Error::Kind::kUnavailable, "image " + image_id + ": its configuration " +
                                               blob_path(image_id) + (bytes ? " is damaged" : " is missing") +
                                               "; remove the image and build, pull or import it again");
  }
  return *bytes;
}

ImageConfig ImageStore::load_config(const std::string& image_id) {
  return image_config_from_json(config_json(image_id));
}

bool ImageStore::is_recorded(const std::string& image_id) {
  bool recorded = false;
  database_.read([&] {
    Statement query = database_.prepare("SELECT 1 FROM images WHERE id=?");
    recorded = query.bind(1, image_id).step();
  });
  return recorded;
}

std::vector<ImageInfo> ImageStore::list() {
  std::vector<ImageInfo> images;
  database_.read([&] {
    Statement query = database_.prepare(
        "SELECT id, created_ms, size,"
        " (SELECT coalesce(max(tagged_ms), 0) FROM image_refs WHERE image_id=images.id)"
        " FROM images ORDER BY created_ms DESC, id");
    while (query.step()) {
      ImageInfo info;
      info.id = query.text(0);
      info.created_ms = query.integer(1);
      info.size = query.integer(2);
      info.tagged_ms = query.integer(3);
      info.references = references_of(info.id);
      images.push_back(std::move(info));
    }
  });
  for (ImageInfo& info : images) {
    try {
      info.labels = load_config(info.id).labels;
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): see the header
    }
  }
  return images;
}

std::optional<StoredImage> ImageStore::find(const std::string& reference_or_id) {
  if (on_find_) on_find_(reference_or_id);
  std::optional<StoredImage> image;
  database_.read([&] {
    const std::optional<Named> named = resolve(reference_or_id);
    if (!named) return;
    image.emplace();
    image->id = named->image_id;
    Statement size = database_.prepare("SELECT size FROM images WHERE id=?");
    if (size.bind(1, image->id).step()) image->size = size.integer(0);
    Statement layers =
        database_.prepare("SELECT chain_id FROM image_layers WHERE image_id=? ORDER BY position");
    layers.bind(1, image->id);
    while (layers.step()) image->chain_ids.push_back(layers.text(0));
  });
  if (!image) return image;
  try {
    image->config = load_config(image->id);
  } catch (const Error&) {
    if (!is_recorded(image->id)) return std::nullopt;  // another process has removed it just now
    throw;
  }
  for (auto chain = image->chain_ids.rbegin(); chain != image->chain_ids.rend(); ++chain) {
    image->lower_dirs.push_back(paths_.layer(*chain) + "/diff");
    if (hides_all_below(image->lower_dirs.back())) break;
  }
  return image;
}

std::string ImageStore::add_image(const ImageConfig& config) {
  return add_image_json(to_json(config));
}

std::string ImageStore::add_image_json(const std::string& config_json) {
  return add_named(config_json, "");
}

// `name`: a reference as stored, given in the same moment; empty: none.
std::string ImageStore::add_named(const std::string& config_json, const std::string& name) {
  const ImageConfig config = image_config_from_json(config_json);
  const std::string id = "sha256:" + sha256_hex(config_json);
  const sys::FileLock lock = lock_store(paths_);
  std::vector<std::string> chains;
  database_.write([&] {
    int64_t size = 0;
    chains.clear();
    for (const std::string& diff_id : config.diff_ids) {
      chains.push_back(chain_id(chains.empty() ? "" : chains.back(), diff_id));
      const std::optional<Layer> layer = find_layer(chains.back());
      if (!layer)
        throw Error(Error::Kind::kNotFound,
                    "image " + id + ": its layer " + diff_id + " is not in the store");
      size += layer->size;
    }
    sys::write_file_atomic(blob_path(id), config_json, 0600, sys::Durability::kSynced);
    database_
        .prepare(
            "INSERT INTO images(id, created_ms, size) VALUES(?,?,?) ON CONFLICT(id) DO UPDATE SET "
            "size=excluded.size")
        .bind(1, id)
        .bind(2, parse_rfc3339(config.created).value_or(now_ms()))
        .bind(3, size)
        .step();
    for (size_t position = 0; position < chains.size(); ++position) {
      database_.prepare("INSERT OR IGNORE INTO image_layers(image_id, position, chain_id) VALUES(?,?,?)")
          .bind(1, id)
          .bind(2, static_cast<int64_t>(position))
          .bind(3, chains[position])
          .step();
      database_.prepare("DELETE FROM build_cache WHERE key=?")
          .bind(1, kKeptLayerKey + chains[position])
          .step();
    }
    if (!name.empty()) set_reference(id, name);
  });
  {
    const std::lock_guard made(made_mutex_);
    added_[id] = config_json;
  }
  release_made(chains);
  return id;
}

std::string ImageStore::import(const std::string& archive, const ImageConfig& config,
                               const std::string& comment) {
  Draft draft = new_draft();
  unpack_archive(archive, draft.diff(), false);
  const Layer layer = commit_layer(std::move(draft), "");
  ImageConfig imported = config;
  if (imported.created.empty()) imported.created = format_rfc3339(now_ms());
  imported.diff_ids = {layer.diff_id};
  imported.history.push_back({imported.created, "", comment, false});
  return add_image(imported);
}

}  // namespace engine
