#pragma once
// Images and layers on disk. Config blobs live content-addressed in an OCI layout (Paths::blobs); each layer
// is unpacked once, by chain id, into Paths::layer(chain)/diff, ready to be an overlay lower directory
// (whiteouts as 0:0 character devices, opaque folders with the trusted.overlay.opaque xattr).
//
// A layer that was made here (build, commit, import) has as diff id the SHA-256 of its canonical tar: entries
// in byte order of their paths, numeric owners, so that the same tree always gives the same id and the tar
// can be made again at any time without being kept.
//
// Crash safety: everything is made under a temporary name and renamed; the database row is written last.
// Layers that nothing refers to, as a killed process leaves them, go with the next removal or reconcile.
// Thread and process safe.
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/image/config.h"
#include "engine/model.h"
#include "engine/paths.h"
#include "sys/file.h"

namespace engine {

class Database;
class LayerBlobs;

// A layer's tar as registries and archives carry it, compressed or not; see layer_blobs.h.
struct LayerBlob {
  std::string digest;      // sha256:..., of the blob's bytes
  std::string media_type;  // OCI image-spec, media-types.md, or Docker's
  int64_t size = 0;        // bytes
  bool kept = false;       // the bytes are in the store
};

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

  // Newest first. An image whose configuration is damaged on disk is listed without labels, so that it can be
  // seen and removed.
  std::vector<ImageInfo> list();
  // By reference, full id or unique id prefix (with sha256: or without; a reference goes first). Nothing when
  // absent; kConflict when a prefix is ambiguous, kInvalid when the text can name no image, kUnavailable when
  // the image's configuration is damaged on disk.
  std::optional<StoredImage> find(const std::string& reference_or_id);
  // Called by find() before it looks, for images that are made when they are asked for. To be set before
  // other threads use the store.
  void on_find(std::function<void(const std::string& reference)> hook) { on_find_ = std::move(hook); }
  // Moves the reference when another image has it. A reference with a digest is kept as repository@digest.
  // kNotFound when there is no such image. One that this object has added and another process removed before
  // it had a name is added again.
  void tag(const std::string& image_id, const std::string& reference);
  // Remembers that `repository` ("docker.io/library/busybox") knows the image by this manifest; find() takes
  // "repository@digest" then. kNotFound when there is no such image.
  void record_manifest(const std::string& image_id, const std::string& repository, const std::string& digest);
  // "repository@digest", of manifests and of references with a digest.
  std::vector<std::string> repository_digests(const std::string& image_id);
  // References of the image, sorted, and since when it has the last one it was given (0: unknown).
  std::vector<std::string> references(const std::string& image_id);
  int64_t last_tagged_ms(const std::string& image_id);
  // The configuration's bytes as they are. kNotFound, kUnavailable as find().
  std::string config_json(const std::string& image_id);

  // ---- removal (image_removal.cpp)
  // Untags; deletes image and unshared layers when the last reference goes or an id was given. Returns lines
  // "Untagged: ..." / "Deleted: sha256:...". kNotFound when absent; kConflict when an id is given and several
  // references name the image (unless `force`), or when it would go and a container uses it (with `force` it
  // loses its references and stays, as long as there are any). Entries of the build cache that only this
  // image was built with go too. Layers that other images, the rest of the build cache or layers above need
  // stay, and so do those that somebody holds, until nobody does.
  // With `keep_cache` the entries of the build cache stay for the next build, as those of no image do.
  std::vector<std::string> remove(const std::string& reference_or_id, bool force, bool keep_cache = false);
  struct Pruned {
    std::vector<std::string> lines;  // "untagged: ...", "deleted: sha256:..."; of the cache, its keys
    int64_t bytes = 0;               // on disk of the layers that went
  };
  // Removes the images that no container uses and that `doomed` says yes to; an image with names only when
  // `named`.
  Pruned prune(bool named, const std::function<bool(const ImageInfo&)>& doomed);
  struct CacheEntry {
    std::string key;
    int64_t used_ms = 0;
    bool of_image = false;  // an image of the store was built with it
    int64_t bytes = 0;      // on disk, of the layer that goes with it: the last entry of a layer counts it
  };
  // The build cache, what was used longest ago first.
  std::vector<CacheEntry> cache_entries();
  // Removes these entries.
  Pruned prune_cache(const std::vector<std::string>& keys);
  // Removes layers that nothing refers to, unless somebody holds layers. Cheap when there are none.
  void remove_unused_layers();
  // While it lives, in any process, no layer is removed. For who works with layers that no image of the store
  // keeps: between finding or making a layer and the image's row. What commit_layer made is held by this
  // object until an image has it.
  [[nodiscard]] sys::FileLock hold_layers();
  // Lets go of layers that were made here for an image that will not be.
  void forget_made_layers();
  // The same, of an image that may be tried again: they stay for a day, or until an image has them, but prune
  // and prune_cache take them.
  void keep_made_layers();

  // A folder <tmp>/diff + <tmp>/work on the layers' file system to be filled, then committed or dropped
  // (removed on destruction). It is named draft-<pid>-<start time>-<hex>, so that what a killed process left
  // can be told.
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
  // Removes drafts whose process is gone, layers that nothing refers to, and folders of layers and blobs that
  // have no record (a crash in between). Cheap when there are none. What is still mounted stays until the
  // next time.
  void remove_stale_drafts();

  struct Layer {
    std::string diff_id;   // sha256:...
    std::string chain_id;  // without prefix
    std::string diff_dir;
    int64_t size = 0;
  };
  // Turns the draft's diff folder into the layer on top of `parent_chain` ("" for the bottom); nothing may
  // write to it any more and no overlay may be mounted on it. When that layer is there already, it is
  // returned and the draft dropped. kNotFound when there is no such parent, kInvalid for a tree no tar can
  // carry (see layer_tar.h). Not to be called inside a transaction of the database, like every writing call
  // here: the store's file lock comes first.
  Layer commit_layer(Draft draft, const std::string& parent_chain);
  // A layer that came from elsewhere as a tar whose SHA-256 is `diff_id`, in `blob`, whose bytes are in
  // `blob_file`; whoever gives it has verified both digests. The file is on the data root's file system and
  // belongs to the giver alone; it is moved into the store (layer_blobs.h), or removed when the layer is
  // there already.
  struct UnpackedLayer {
    Draft draft;
    std::string parent_chain;
    std::string diff_id;
    std::string blob_file;
    LayerBlob blob;
  };
  // The same as commit_layer for layers from elsewhere, in their order, so that one may be the next one's
  // parent. What is written goes to the disk once for all of them. When it throws, those before the one that
  // failed are in the store.
  std::vector<Layer> commit_unpacked_layers(std::vector<UnpackedLayer> layers);
  std::optional<Layer> find_layer(const std::string& chain_id);
  // Bytes of the layer's tar: what LayerBlobs::write_tar writes. Counted, and remembered, when not known.
  int64_t tar_size(const Layer& layer);
  LayerBlobs blobs();
  // Writes the config blob and the image row; every layer of diff_ids must be there (kNotFound). Returns the
  // id.
  std::string add_image(const ImageConfig& config);
  // The same with the configuration's bytes as they are, for images made elsewhere: their id is the bytes'
  // digest.
  std::string add_image_json(const std::string& config_json);

  // A root file system archive as a one-layer image. `created` is filled in when empty, and a history entry
  // with `comment` added.
  std::string import(const std::string& archive, const ImageConfig& config, const std::string& comment);

  // Build cache: key (hex digest) -> diff id of the layer a step made and the resulting image config
  // fragment; the value is opaque to the store. An entry, and the layers it needs, stays as long as one of
  // the images that were built with it; one of a build that came to no image for a day.
  std::optional<std::string> cache_get(const std::string& key);
  void cache_put(const std::string& key, const std::string& value, const std::string& chain_id);
  // The image was built with these entries.
  void claim_cache(const std::string& image_id, const std::set<std::string>& keys);

 private:
  // What a text names: an image, and the stored reference when it was that.
  struct Named {
    std::string image_id;
    std::string reference;  // empty: named by id
  };
  std::optional<Named> resolve(const std::string& text);
  std::vector<std::string> references_of(const std::string& image_id);
  bool is_recorded(const std::string& image_id);
  void require_image(const std::string& image_id, const std::string& doing);
  ImageConfig load_config(const std::string& image_id);
  std::vector<std::string> delete_records(const std::string& image_id, bool keep_cache);
  void delete_cache_of(const std::string& image_id);
  std::vector<std::string> unused_layers();
  Pruned sweep();

  // Of an entry of the build cache that keeps a layer for who tries again; its chain id follows.
  static constexpr char kKeptLayerKey[] = "kept-";

  std::string layers_dir() const { return paths_.data_root + "/layers"; }
  std::string blob_path(const std::string& image_id) const;
  std::string draft_path() const;
  void require_parent(const std::string& parent_chain);
  // Returns when all that was written to the layers' file system is on the disk for good.
  void flush() const;
  Layer publish(Draft draft, Layer layer, std::optional<int64_t> tar_size, const std::string& parent_chain,
                const std::function<void()>& keep_blob);
  // Moves a layer's folder out of the way, to be removed with the draft.
  std::optional<Draft> retire(const std::string& chain_id);
  std::vector<std::string> unrecorded_layers();
  void hold_made(const std::string& chain_id);
  void set_reference(const std::string& image_id, const std::string& name);
  std::string add_named(const std::string& config_json, const std::string& name);
  void release_made(const std::vector<std::string>& chain_ids);

  Database& database_;
  Paths paths_;
  std::function<void(const std::string&)> on_find_;
  std::mutex made_mutex_;
  std::set<std::string> made_;                // chain ids of layers made here that no image has yet
  std::map<std::string, std::string> added_;  // images added here, and their configurations
  std::optional<sys::FileLock> holds_;        // while there are any
};

// Unpacks a layer or root file system archive into `directory` safely: no entry (.., absolute name, hardlink
// or symlink target) can reach outside; owners, modes, times, xattrs kept; `.wh.` entries become overlay
// whiteouts. Throws engine::Error(kInvalid) naming the entry. Limits against bombs: unpack.h.
// trusted.overlay.* and a host's own labels are not unpacked (layer_xattr.h). `directory` is left half filled
// when it fails.
void unpack_archive(const std::string& archive, const std::string& directory, bool whiteouts);

}  // namespace engine
