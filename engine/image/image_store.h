#pragma once
// Images and layers on disk. Config blobs live content-addressed in an OCI layout (Paths::blobs); each layer is
// unpacked once, by chain id, into Paths::layer(chain)/diff, ready to be an overlay lower directory (whiteouts as
// 0:0 character devices, opaque folders with the trusted.overlay.opaque xattr).
//
// A layer that was made here (build, commit, import) has as diff id the SHA-256 of its canonical tar: entries in
// byte order of their paths, numeric owners, so that the same tree always gives the same id and the tar can be made
// again at any time without being kept.
//
// Crash safety: everything is made under a temporary name and renamed; the database row is written last. Thread and
// process safe.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/image/config.h"
#include "engine/model.h"
#include "engine/paths.h"

namespace engine {

class Database;

struct StoredImage {
  std::string id;  // sha256:...
  ImageConfig config;
  std::vector<std::string> lower_dirs;  // topmost first, absolute paths of the layers' diff folders
  std::vector<std::string> chain_ids;   // bottom first, without "sha256:"
  int64_t size = 0;
};

class ImageStore {
 public:
  ImageStore(Database& database, Paths paths);

  std::vector<ImageInfo> list();
  // By reference, full id or unique id prefix (with or without sha256:). Nothing when absent; kConflict when a
  // prefix is ambiguous.
  std::optional<StoredImage> find(const std::string& reference_or_id);
  void tag(const std::string& image_id, const std::string& reference);
  // Untags; deletes image and unshared layers when the last reference goes or an id was given. The caller has made
  // sure that no container uses it. Returns lines "Untagged: ..." / "Deleted: sha256:...".
  std::vector<std::string> remove(const std::string& reference_or_id, bool force);

  // A folder <tmp>/diff + <tmp>/work on the layers' file system to be filled, then committed or dropped (removed on
  // destruction).
  class Draft {
   public:
    Draft(Draft&&) noexcept;
    ~Draft();
    const std::string& path() const { return path_; }
    std::string diff() const { return path_ + "/diff"; }
    std::string work() const { return path_ + "/work"; }

   private:
    friend class ImageStore;
    explicit Draft(std::string path) : path_(std::move(path)) {}
    std::string path_;
  };
  Draft new_draft();

  struct Layer {
    std::string diff_id;   // sha256:...
    std::string chain_id;  // without prefix
    std::string diff_dir;
    int64_t size = 0;
  };
  // Turns the draft's diff folder into the layer on top of `parent_chain` ("" for the bottom).
  Layer commit_layer(Draft draft, const std::string& parent_chain);
  std::optional<Layer> find_layer(const std::string& chain_id);
  // Writes the config blob and the image row; every layer of diff_ids must be there. Returns the id.
  std::string add_image(const ImageConfig& config);

  // A root file system archive as a one-layer image.
  std::string import(const std::string& archive, const ImageConfig& config);

  // Build cache: key (hex digest) -> diff id of the layer a step made and the resulting image config fragment; the
  // value is opaque to the store. Entries go with their layers.
  std::optional<std::string> cache_get(const std::string& key);
  void cache_put(const std::string& key, const std::string& value, const std::string& chain_id);

 private:
  Database& database_;
  Paths paths_;
};

// Unpacks a layer or root file system archive into `directory` safely: no entry (.., absolute name, hardlink or
// symlink target) can reach outside; owners, modes, times, xattrs kept; `.wh.` entries become overlay whiteouts.
// Throws engine::Error(kInvalid) naming the entry.
void unpack_archive(const std::string& archive, const std::string& directory, bool whiteouts);

}  // namespace engine
