#include "engine/image/image_save.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/image/archive_documents.h"
#include "engine/image/digest.h"
#include "engine/image/layer_blobs.h"
#include "engine/image/manifest.h"
#include "engine/image/reference.h"
#include "engine/image/tar_format.h"

namespace engine {

namespace {

constexpr char kBlobFolder[] = "blobs/sha256/";

bool has_only_repository(const std::string& text) {
  const size_t slash = text.rfind('/');
  return text.find_first_of(":@", slash == std::string::npos ? 0 : slash) == std::string::npos;
}

// All tags of the repository, by their images.
std::map<std::string, std::vector<std::string>> tags_of(ImageStore& store, const std::string& repository) {
  std::map<std::string, std::vector<std::string>> tags;
  for (const ImageInfo& info : store.list()) {
    for (const std::string& name : info.references) {
      const Reference reference = parse_reference(name);
      if (reference.digest.empty() && reference.familiar_repository() == repository)
        tags[info.id].push_back(name);
    }
  }
  return tags;
}

class ArchiveWriter {
 public:
  ArchiveWriter(ImageStore& store, const ByteSink& sink) : store_(store), sink_(sink) {}

  void add(const ImageToSave& image) {
    const std::string config = store_.config_json(image.id);
    const ImageConfig parsed = image_config_from_json(config);
    Manifest manifest;
    manifest.config.media_type = media::kOciConfig;
    manifest.config.digest = image.id;
    manifest.config.size = static_cast<int64_t>(config.size());
    documents_[digest_hex(image.id)] = config;
    std::string chain;
    for (const std::string& diff_id : parsed.diff_ids) {
      chain = chain_id(chain, diff_id);
      const std::optional<ImageStore::Layer> layer = store_.find_layer(chain);
      if (!layer) {
        throw Error(Error::Kind::kUnavailable,
                    "image " + image.id + ": its layer " + diff_id +
                        " is not in the store; remove the image and bring it in again");
      }
      Descriptor descriptor;
      descriptor.media_type = media::kOciTar;
      descriptor.digest = diff_id;
      descriptor.size = store_.tar_size(*layer);
      manifest.layers.push_back(descriptor);
      layers_.emplace(digest_hex(diff_id), std::pair(*layer, descriptor.size));
    }
    list(image, manifest, {parsed.os, parsed.architecture, ""});
  }

  void write() {
    write_folder("blobs/");
    write_folder(kBlobFolder);
    // Both maps are in byte order; so are the entries.
    auto layer = layers_.begin();
    for (const auto& [hex, bytes] : documents_) {
      for (; layer != layers_.end() && layer->first < hex; ++layer) write_layer(*layer);
      write_file(kBlobFolder + hex, bytes);
    }
    for (; layer != layers_.end(); ++layer) write_layer(*layer);
    write_file("index.json", index_json(index_));
    write_file("manifest.json", docker_manifest_.dump());
    write_file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
    if (!repositories_.empty()) write_file("repositories", repositories_.dump());
    put(tar_trailer());
  }

 private:
  using SizedLayer = std::pair<const std::string, std::pair<ImageStore::Layer, int64_t>>;

  // Enters the image into the three tables of contents.
  void list(const ImageToSave& image, const Manifest& manifest, const Platform& platform) {
    const std::string json = manifest_json(manifest, false);
    Descriptor descriptor;
    descriptor.media_type = media::kOciManifest;
    descriptor.digest = "sha256:" + sha256_hex(json);
    descriptor.size = static_cast<int64_t>(json.size());
    descriptor.platform = platform;
    documents_[digest_hex(descriptor.digest)] = json;

    nlohmann::ordered_json entry{{"Config", kBlobFolder + digest_hex(image.id)},
                                 {"RepoTags", nullptr},
                                 {"Layers", nlohmann::ordered_json::array()}};
    for (const Descriptor& layer : manifest.layers)
      entry["Layers"].push_back(kBlobFolder + digest_hex(layer.digest));
    const std::string top = manifest.layers.empty() ? "" : digest_hex(manifest.layers.back().digest);
    for (const std::string& name : image.references) {
      const Reference reference = parse_reference(name);
      descriptor.annotations = {{annotation::kImageName, name}, {annotation::kRefName, reference.tag}};
      index_.push_back(descriptor);
      if (entry["RepoTags"].is_null()) entry["RepoTags"] = nlohmann::ordered_json::array();
      entry["RepoTags"].push_back(reference.familiar());
      if (!top.empty()) repositories_[reference.familiar_repository()][reference.tag] = top;
    }
    if (image.references.empty()) index_.push_back(descriptor);
    docker_manifest_.push_back(std::move(entry));
  }

  void put(const std::string& bytes) { sink_(bytes.data(), bytes.size()); }

  void write_folder(const std::string& name) {
    TarEntry entry;
    entry.name = name;
    entry.type = TarEntry::Type::kFolder;
    entry.mode = 0755;
    put(tar_header(entry));
  }

  void write_header(const std::string& name, int64_t size) {
    TarEntry entry;
    entry.name = name;
    entry.mode = 0644;
    entry.size = size;
    put(tar_header(entry));
  }

  void write_file(const std::string& name, const std::string& bytes) {
    write_header(name, static_cast<int64_t>(bytes.size()));
    put(bytes + std::string(tar_padding(static_cast<int64_t>(bytes.size())), '\0'));
  }

  void write_layer(const SizedLayer& named) {
    const ImageStore::Layer& layer = named.second.first;
    const int64_t size = named.second.second;
    write_header(kBlobFolder + named.first, size);
    int64_t left = size;
    store_.blobs().write_tar(layer, [&, this](const char* data, size_t more) {
      left -= static_cast<int64_t>(more);
      if (left < 0) refuse_changed(layer);
      sink_(data, more);
    });
    if (left != 0) refuse_changed(layer);
    put(std::string(tar_padding(size), '\0'));
  }

  [[noreturn]] static void refuse_changed(const ImageStore::Layer& layer) {
    throw Error(Error::Kind::kUnavailable,
                "the layer " + layer.diff_dir + " has been changed; remove the image and bring it in again");
  }

  ImageStore& store_;
  const ByteSink& sink_;
  std::map<std::string, std::string> documents_;                         // by hex digest
  std::map<std::string, std::pair<ImageStore::Layer, int64_t>> layers_;  // by hex diff id
  std::vector<Descriptor> index_;
  nlohmann::ordered_json docker_manifest_ = nlohmann::ordered_json::array();
  nlohmann::json repositories_ = nlohmann::json::object();
};

}  // namespace

std::vector<ImageToSave> images_to_save(ImageStore& store, const std::vector<std::string>& names) {
  std::vector<ImageToSave> images;
  const auto add = [&](const std::string& id, const std::vector<std::string>& references) {
    auto known =
        std::find_if(images.begin(), images.end(), [&](const auto& image) { return image.id == id; });
    if (known == images.end()) known = images.insert(known, {id, {}});
    for (const std::string& reference : references) {
      if (std::find(known->references.begin(), known->references.end(), reference) == known->references.end())
        known->references.push_back(reference);
    }
  };
  for (const std::string& name : names) {
    if (has_only_repository(name)) {
      std::map<std::string, std::vector<std::string>> tags;
      try {
        tags = tags_of(store, parse_reference(name).familiar_repository());
      } catch (const Error&) {  // NOLINT(bugprone-empty-catch): it may still be an id
      }
      for (const auto& [id, references] : tags) add(id, references);
      if (!tags.empty()) continue;
    }
    const std::optional<StoredImage> image = store.find(name);
    if (!image) throw Error(Error::Kind::kNotFound, "no such image: " + name);
    std::vector<std::string> references;
    if (name.find('@') == std::string::npos && !has_only_repository(name) && name.rfind("sha256:", 0) != 0)
      references.push_back(parse_reference(name).to_string());
    add(image->id, references);
  }
  return images;
}

void save_images(ImageStore& store, const std::vector<ImageToSave>& images, const ByteSink& sink) {
  const sys::FileLock held = store.hold_layers();
  ArchiveWriter writer(store, sink);
  for (const ImageToSave& image : images) writer.add(image);
  writer.write();
}

}  // namespace engine
