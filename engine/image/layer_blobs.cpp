#include "engine/image/layer_blobs.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <set>

#include "engine/error.h"
#include "engine/image/decompressed.h"
#include "engine/image/digest.h"
#include "engine/state/database.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace engine {

namespace {

constexpr char kUnneeded[] =
    " WHERE NOT EXISTS(SELECT 1 FROM layers WHERE layers.diff_id=layer_blobs.diff_id)";

[[noreturn]] void refuse_damaged(const std::string& what, const std::string& why) {
  throw Error(Error::Kind::kUnavailable,
              what + " " + why + "; remove the image and pull, load or build it again");
}

void decompress(const std::string& path, const ByteSink& sink) {
  const sys::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) refuse_damaged("the layer blob " + path, "is missing");
  std::optional<Decompressed> bytes;
  std::vector<char> buffer(256 * 1024);
  const auto next = [&]() -> size_t {
    try {
      if (!bytes) bytes.emplace(fd.get(), path);
      return bytes->read(buffer.data(), buffer.size());
    } catch (const Error&) {
      refuse_damaged("the layer blob " + path, "is damaged");
    }
  };
  while (const size_t n = next()) sink(buffer.data(), n);
}

// A blob's name, or what sys::write_file_atomic calls it while it is written, which happens under the store's
// lock only.
bool is_ours(const std::string& name) {
  constexpr size_t kDigits = 64;
  return is_sha256_hex(name.substr(0, kDigits)) &&
         (name.size() == kDigits || name.compare(kDigits, 5, ".tmp-") == 0);
}

}  // namespace

std::string LayerBlobs::path(const std::string& digest) const {
  return paths_.blobs() + '/' + digest_hex(digest);
}

std::vector<LayerBlob> LayerBlobs::of(const std::string& diff_id) {
  std::vector<LayerBlob> blobs;
  database_.read([&] {
    Statement query = database_.prepare(
        "SELECT digest, media_type, size, kept FROM layer_blobs WHERE diff_id=? ORDER BY kept DESC, digest");
    query.bind(1, diff_id);
    while (query.step())
      blobs.push_back({query.text(0), query.text(1), query.integer(2), query.integer(3) != 0});
  });
  return blobs;
}

void LayerBlobs::record(const std::string& diff_id, const LayerBlob& blob) {
  database_.write([&] {
    database_
        .prepare(
            "INSERT INTO layer_blobs(diff_id, digest, media_type, size, kept) VALUES(?,?,?,?,?)"
            " ON CONFLICT(diff_id, digest) DO UPDATE SET media_type=excluded.media_type,"
            " kept=max(kept, excluded.kept)")
        .bind(1, diff_id)
        .bind(2, blob.digest)
        .bind(3, blob.media_type)
        .bind(4, blob.size)
        .bind(5, static_cast<int64_t>(blob.kept ? 1 : 0))
        .step();
  });
}

void LayerBlobs::keep(const std::string& file, const std::string& diff_id, const LayerBlob& blob) {
  const std::string target = path(blob.digest);
  sys::check(::rename(file.c_str(), target.c_str()), "rename", target);
  sys::check(::fsync(sys::open(paths_.blobs(), O_RDONLY | O_DIRECTORY).get()), "fsync", paths_.blobs());
  LayerBlob kept = blob;
  kept.kept = true;
  record(diff_id, kept);
}

// Names in the folder of blobs that no row has.
std::vector<std::string> LayerBlobs::unnamed_files() {
  std::set<std::string> named;
  Statement query =
      database_.prepare("SELECT id FROM images UNION SELECT digest FROM layer_blobs WHERE kept=1");
  while (query.step()) named.insert(digest_hex(query.text(0)));
  std::vector<std::string> unnamed;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(paths_.blobs().c_str()), ::closedir);
  if (!dir) sys::fail("opendir", paths_.blobs());
  while (const dirent* entry = ::readdir(dir.get())) {
    if (is_ours(entry->d_name) && named.count(entry->d_name) == 0) unnamed.emplace_back(entry->d_name);
  }
  return unnamed;
}

bool LayerBlobs::has_unused() {
  bool found = false;
  database_.read([&] {
    Statement query = database_.prepare(std::string("SELECT 1 FROM layer_blobs") + kUnneeded + " LIMIT 1");
    found = query.step() || !unnamed_files().empty();
  });
  return found;
}

void LayerBlobs::remove_unused() {
  std::vector<std::string> doomed;
  database_.write([&] {
    database_.prepare(std::string("DELETE FROM layer_blobs") + kUnneeded).step();
    doomed = unnamed_files();
  });
  for (const std::string& name : doomed) ::unlink((paths_.blobs() + '/' + name).c_str());
}

void LayerBlobs::write_tar(const ImageStore::Layer& layer, const ByteSink& sink) {
  Sha256 hash;
  const ByteSink both = [&](const char* data, size_t size) {
    hash.update(data, size);
    sink(data, size);
  };
  const std::vector<LayerBlob> blobs = of(layer.diff_id);
  const bool kept = !blobs.empty() && blobs.front().kept;
  if (kept) {
    decompress(path(blobs.front().digest), both);
  } else {
    write_layer_tar(sys::open(layer.diff_dir, O_RDONLY | O_DIRECTORY).get(), both);
  }
  if ("sha256:" + hash.hex() == layer.diff_id) return;
  if (kept) refuse_damaged("the layer blob " + path(blobs.front().digest), "is damaged");
  refuse_damaged("the layer " + layer.diff_dir, "has been changed");
}

std::vector<std::string> LayerBlobs::repositories(const std::string& digest) {
  std::vector<std::string> repositories;
  database_.read([&] {
    Statement query =
        database_.prepare("SELECT repository FROM blob_repositories WHERE digest=? ORDER BY repository");
    query.bind(1, digest);
    while (query.step()) repositories.push_back(query.text(0));
  });
  return repositories;
}

void LayerBlobs::record_repository(const std::string& digest, const std::string& repository) {
  database_.write([&] {
    database_.prepare("INSERT OR IGNORE INTO blob_repositories(digest, repository) VALUES(?,?)")
        .bind(1, digest)
        .bind(2, repository)
        .step();
  });
}

void LayerBlobs::forget_repository(const std::string& digest, const std::string& repository) {
  database_.write([&] {
    database_.prepare("DELETE FROM blob_repositories WHERE digest=? AND repository=?")
        .bind(1, digest)
        .bind(2, repository)
        .step();
  });
}

}  // namespace engine
