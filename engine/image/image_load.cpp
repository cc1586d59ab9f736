#include "engine/image/image_load.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <future>
#include <set>
#include <utility>

#include "engine/error.h"
#include "engine/image/archive_files.h"
#include "engine/image/archive_images.h"
#include "engine/image/decompressed.h"
#include "engine/image/digest.h"
#include "engine/image/layer_blobs.h"
#include "engine/image/layer_tar.h"
#include "engine/image/manifest.h"
#include "engine/image/tar_format.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace engine {

namespace {

// The form of a layer's blob that the store keeps as it is; "" for others.
std::string kept_media_type(const std::string& path) {
  unsigned char magic[4] = {};
  const sys::Fd fd = sys::open(path, O_RDONLY);
  const ssize_t n = sys::check(::read(fd.get(), magic, sizeof magic), "read", path);
  if (n >= 2 && magic[0] == 0x1f && magic[1] == 0x8b) return media::kOciTarGzip;
  if (n == 4 && magic[0] == 0x28 && magic[1] == 0xb5 && magic[2] == 0x2f && magic[3] == 0xfd)
    return media::kOciTarZstd;
  return {};
}

void decompress(const std::string& path, const std::string& name, const UnpackLimits& limits,
                const ByteSink& sink) {
  const sys::Fd fd = sys::open(path, O_RDONLY);
  Decompressed(fd.get(), name).pour(sink, limits);
}

// Whether the folder's canonical tar is the layer's own, as it is of one that was made by us: then the store
// can make it again, and need not keep the file. Others are told from the first header.
bool is_canonical(const std::string& folder, const std::string& tar, const std::string& diff_id) {
  struct Enough {};
  std::string ours;
  const sys::Fd root = sys::open(folder, O_RDONLY | O_DIRECTORY);
  try {
    write_layer_tar(root.get(), [&](const char* data, size_t size) {
      ours.append(data, std::min(size, kTarBlock));
      throw Enough();
    });
  } catch (const Enough&) {  // NOLINT(bugprone-empty-catch)
  }
  std::string theirs(ours.size(), '\0');
  const sys::Fd file = sys::open(tar, O_RDONLY);
  const ssize_t n = sys::check(::read(file.get(), theirs.data(), theirs.size()), "read", tar);
  return static_cast<size_t>(n) == ours.size() && theirs == ours && layer_diff_id(root.get()) == diff_id;
}

class Loader {
 public:
  Loader(ImageStore& store, ArchiveFiles& files, std::string name, const LoadOptions& options)
      : store_(store), files_(files), name_(std::move(name)), options_(options) {}

  // All layers first: an archive that is wrong anywhere brings in no image.
  std::vector<LoadedImage> run() {
    const std::vector<ArchivedImage> images = images_in(files_, name_, options_);
    for (const ArchivedImage& image : images) {
      std::string chain;
      for (size_t i = 0; i < image.layers.size(); ++i)
        chain = add_layer(image.layers[i], image.config.diff_ids[i], chain);
    }
    commit_waiting();
    std::vector<LoadedImage> loaded;
    loaded.reserve(images.size());
    for (const ArchivedImage& image : images) loaded.push_back(add_image(image));
    return loaded;
  }

 private:
  [[noreturn]] void refuse_layer(const std::string& diff_id, const std::string& actual) const {
    throw Error(Error::Kind::kInvalid, "archive " + name_ + ": the layer " + diff_id +
                                           " is damaged: what it unpacks to has the digest " + actual);
  }

  std::string add_layer(ArchivedFile file, const std::string& diff_id, const std::string& parent) {
    const std::string chain = chain_id(parent, diff_id);
    LayerBlob blob{file.digest, media::kOciTar, file.size, true};
    bool verified = file.digest == diff_id;
    if (!verified) {
      blob.media_type = kept_media_type(file.path);
      if (blob.media_type.empty()) {
        file = plain(file, diff_id);
        blob = {file.digest, media::kOciTar, file.size, true};
        verified = true;
      }
    }
    if (waiting_chains_.count(chain) > 0 || store_.find_layer(chain)) return chain;
    std::future<std::string> digest;
    if (!verified) digest = std::async(std::launch::async, [&] { return digest_of_content(file.path); });
    ImageStore::Draft draft = store_.new_draft();
    try {
      unpack(file.path, diff_id, verified, draft.diff());
    } catch (const Error&) {
      if (digest.valid()) check_digest(digest, diff_id);  // the plainer reason, when there is one
      throw;
    }
    if (digest.valid()) check_digest(digest, diff_id);
    if (verified && is_canonical(draft.diff(), file.path, diff_id)) {
      commit_waiting();  // the parent may be among them
      store_.commit_layer(std::move(draft), parent);
      return chain;
    }
    // The layer may be needed again, on another one: the store gets a name of its own for the file.
    const std::string own = files_.new_path();
    sys::check(::link(file.path.c_str(), own.c_str()), "link", own);
    waiting_.push_back({std::move(draft), parent, diff_id, own, blob});
    waiting_chains_.insert(chain);
    return chain;
  }

  // All at once, as going to the disk is what takes long.
  void commit_waiting() {
    store_.commit_unpacked_layers(std::exchange(waiting_, {}));
    waiting_chains_.clear();
  }

  // What is named by the digest of a tar must be one: a compressed file could never be made again from it.
  void unpack(const std::string& path, const std::string& diff_id, bool plain,
              const std::string& folder) const {
    const sys::Fd fd = sys::open(path, O_RDONLY);
    const std::string name = name_ + ", layer " + diff_id;
    if (!plain) return unpack_archive_from(fd.get(), name, folder, true, options_.limits);
    int64_t bytes = 0;
    const ByteSource source = [&](char* buffer, size_t size) {
      ssize_t n = 0;
      do n = ::read(fd.get(), buffer, size);
      while (n < 0 && errno == EINTR);
      bytes += sys::check(n, "read", path);
      return static_cast<size_t>(n);
    };
    unpack_tar_stream(source, name, folder, true, options_.limits, [&] { return bytes; });
  }

  void check_digest(std::future<std::string>& digest, const std::string& diff_id) const {
    const std::string actual = digest.get();
    if (actual != diff_id) refuse_layer(diff_id, actual);
  }

  std::string digest_of_content(const std::string& path) const {
    Sha256 hash;
    decompress(path, name_, options_.limits, [&](const char* data, size_t size) { hash.update(data, size); });
    return "sha256:" + hash.hex();
  }

  // The layer as a plain tar.
  ArchivedFile plain(const ArchivedFile& file, const std::string& diff_id) {
    ArchivedFile result{files_.new_path(), {}, 0};
    const sys::Fd out = sys::open(result.path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    Sha256 hash;
    decompress(file.path, name_, options_.limits, [&](const char* data, size_t size) {
      sys::write_all(out.get(), data, size);
      hash.update(data, size);
      result.size += static_cast<int64_t>(size);
    });
    result.digest = "sha256:" + hash.hex();
    if (result.digest != diff_id) refuse_layer(diff_id, result.digest);
    return result;
  }

  LoadedImage add_image(const ArchivedImage& image) {
    LoadedImage loaded;
    loaded.id = store_.add_image_json(image.config_json);
    for (const std::string& reference : image.references) {
      const std::string before = owner_of(reference);
      if (!before.empty() && before != loaded.id) loaded.renamed.push_back({reference, before});
      store_.tag(loaded.id, reference);
      loaded.references.push_back(reference);
    }
    return loaded;
  }

  std::string owner_of(const std::string& reference) {
    for (const ImageInfo& info : store_.list()) {
      if (std::find(info.references.begin(), info.references.end(), reference) != info.references.end())
        return info.id;
    }
    return {};
  }

  ImageStore& store_;
  ArchiveFiles& files_;
  std::string name_;
  const LoadOptions& options_;
  std::vector<ImageStore::UnpackedLayer> waiting_;
  std::set<std::string> waiting_chains_;
};

template <typename Open>
std::vector<LoadedImage> load(ImageStore& store, const std::string& name, const LoadOptions& options,
                              Open open) {
  std::optional<sys::FileLock> held = store.hold_layers();
  try {
    const ImageStore::Draft staging = store.new_draft();
    ArchiveFiles files(staging.diff());
    open(files);
    return Loader(store, files, name, options).run();
  } catch (...) {
    held.reset();
    store.forget_made_layers();
    store.remove_unused_layers();
    throw;
  }
}

}  // namespace

std::vector<LoadedImage> load_images(ImageStore& store, int fd, const std::string& name,
                                     const LoadOptions& options) {
  return load(store, name, options,
              [&](ArchiveFiles& files) { files.read_archive(fd, name, options.limits); });
}

std::vector<LoadedImage> load_images_from_folder(ImageStore& store, const std::string& folder,
                                                 const LoadOptions& options) {
  return load(store, folder, options, [&](ArchiveFiles& files) { files.use_folder(folder); });
}

}  // namespace engine
