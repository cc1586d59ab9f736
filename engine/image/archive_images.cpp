#include "engine/image/archive_images.h"

#include <algorithm>
#include <map>

#include "engine/error.h"
#include "engine/image/archive_documents.h"
#include "engine/image/digest.h"
#include "engine/image/entry_path.h"
#include "engine/image/manifest.h"
#include "engine/image/reference.h"

namespace engine {

namespace {

constexpr char kIndex[] = "index.json";
constexpr char kLayout[] = "oci-layout";
constexpr char kDockerManifest[] = "manifest.json";
constexpr int kDeepestIndex = 4;  // indexes in indexes

[[noreturn]] void refuse(const std::string& archive, const std::string& why) {
  throw Error(Error::Kind::kInvalid, "archive " + archive + ": " + why);
}

void append_new(std::vector<std::string>& all, const std::vector<std::string>& more) {
  for (const std::string& text : more) {
    if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(text);
  }
}

ImageConfig checked_config(const std::string& archive, const std::string& json, size_t layers) {
  ImageConfig config = image_config_from_json(json);
  if (config.os != "linux")
    refuse(archive, "it holds an image for " + quoted(config.os) + "; only linux images run here");
  if (config.diff_ids.size() != layers) {
    refuse(archive, "an image has " + std::to_string(layers) + " layers, but its configuration tells of " +
                        std::to_string(config.diff_ids.size()));
  }
  return config;
}

// ---- docker-archive

// The digest that the name of a configuration tells: <hex>.json, blobs/sha256/<hex>; "" when none.
std::string digest_in_name(const std::string& path) {
  std::string base = base_of(path);
  constexpr std::string_view kSuffix = ".json";
  if (base.size() > kSuffix.size() &&
      base.compare(base.size() - kSuffix.size(), std::string::npos, kSuffix) == 0)
    base.resize(base.size() - kSuffix.size());
  return is_sha256_hex(base) ? "sha256:" + base : "";
}

std::vector<std::string> checked_names(const std::vector<std::string>& names) {
  std::vector<std::string> references;
  for (const std::string& name : names) append_new(references, {parse_reference(name).to_string()});
  return references;
}

std::vector<ArchivedImage> docker_images(ArchiveFiles& files, const std::string& name,
                                         const std::string& manifest) {
  std::vector<ArchivedImage> images;
  for (const DockerArchiveImage& entry : parse_docker_manifest(manifest, name + ": manifest.json")) {
    ArchivedImage image;
    const std::optional<std::string> config = files.text(entry.config, kLargestDocument);
    if (!config) refuse(name, "the configuration " + quoted(entry.config) + " is missing");
    image.config_json = *config;
    image.id = "sha256:" + sha256_hex(*config);
    const std::string told = digest_in_name(entry.config);
    if (!told.empty() && told != image.id)
      refuse(name, "the configuration " + quoted(entry.config) + " has the digest " + image.id);
    image.config = checked_config(name, image.config_json, entry.layers.size());
    for (const std::string& layer : entry.layers) {
      std::optional<ArchivedFile> file = files.find(layer);
      if (!file) refuse(name, "the layer " + quoted(layer) + " is missing");
      image.layers.push_back(std::move(*file));
    }
    image.references = checked_names(entry.repo_tags);
    images.push_back(std::move(image));
  }
  return images;
}

// ---- OCI image layout

class Layout {
 public:
  Layout(ArchiveFiles& files, std::string name, const LoadOptions& options)
      : files_(files), name_(std::move(name)), options_(options) {}

  std::vector<ArchivedImage> images(const std::string& index) {
    std::map<std::string, std::vector<Descriptor>> by_name;
    std::vector<Descriptor> unnamed;
    for (const Descriptor& descriptor : index_entries(index, "index.json")) {
      if (is_about_another(descriptor)) continue;
      const std::string reference = reference_of(descriptor);
      (reference.empty() ? unnamed : by_name[reference]).push_back(descriptor);
    }
    for (const auto& [reference, candidates] : by_name)
      add(choose(candidates, quoted(parse_reference(reference).familiar()), 0), reference);
    add_unnamed(unnamed);
    return std::move(images_);
  }

 private:
  // A full name; a tag alone ("latest", as some tools write) says not of what.
  static std::string reference_of(const Descriptor& descriptor) {
    const auto& annotations = descriptor.annotations;
    auto found = annotations.find(annotation::kImageName);
    if (found == annotations.end()) {
      found = annotations.find(annotation::kRefName);
      if (found == annotations.end() || found->second.find_first_of(":/@") == std::string::npos) return {};
    }
    return parse_reference(found->second).to_string();
  }

  // `title`: of the document.
  std::vector<Descriptor> index_entries(const std::string& json, const std::string& title) const {
    ParsedManifest parsed = parse_manifest(json, media::kOciIndex, name_ + ": " + title);
    if (!parsed.is_index) refuse(name_, title + " is a manifest; it should be an index");
    return std::move(parsed.entries);
  }

  // An attestation or the like, which goes with an image.
  static bool is_about_another(const Descriptor& descriptor) {
    return descriptor.annotations.contains("vnd.docker.reference.type") ||
           descriptor.platform.os == "unknown" || !(descriptor.is_index() || descriptor.is_manifest());
  }

  // 0 not at all; more is better. As for registries, but that a variant that only one side tells does not
  // matter.
  int fitness(const Platform& offered) const {
    const Platform& wanted = options_.platform;
    if (offered.os.empty()) return 1;
    if (offered.variant.empty() || wanted.variant.empty()) return same_machine(wanted, offered) ? 2 : 0;
    return engine::fitness(wanted, offered);
  }

  // The manifest for our platform.
  Descriptor choose(const std::vector<Descriptor>& candidates, const std::string& of, int depth) {
    std::vector<Descriptor> images;
    for (const Descriptor& candidate : candidates) {
      if (!is_about_another(candidate)) images.push_back(candidate);
    }
    if (images.empty()) refuse(name_, of + " holds no image");
    const auto best = std::max_element(images.begin(), images.end(), [this](const auto& a, const auto& b) {
      return fitness(a.platform) < fitness(b.platform);
    });
    if (fitness(best->platform) > 0) return resolve(*best, of, depth);
    if (images.size() == 1 && !options_.strict) return resolve(images.front(), of, depth);
    std::string there;
    for (const Descriptor& image : images) there += (there.empty() ? "" : ", ") + image.platform.to_string();
    refuse(name_, of + " holds no image for " + options_.platform.to_string() + "; there are " + there);
  }

  Descriptor resolve(const Descriptor& descriptor, const std::string& of, int depth) {
    if (!descriptor.is_index()) return descriptor;
    if (depth >= kDeepestIndex) refuse(name_, of + ": its index is nested too deeply");
    return choose(index_entries(document(descriptor), descriptor.digest), of, depth + 1);
  }

  // Several of one platform are several images; of several platforms, one image.
  void add_unnamed(const std::vector<Descriptor>& unnamed) {
    bool found = false;
    for (const Descriptor& descriptor : unnamed) {
      if (!descriptor.is_index() && fitness(descriptor.platform) == 0) continue;
      add(choose({descriptor}, descriptor.digest, 0), {});
      found = true;
    }
    if (!found && !unnamed.empty()) add(choose(unnamed, "index.json", 0), {});
  }

  void add(const Descriptor& descriptor, const std::string& reference) {
    const std::vector<std::string> references =
        reference.empty() ? std::vector<std::string>{} : std::vector{reference};
    const auto [known, fresh] = by_manifest_.try_emplace(descriptor.digest, images_.size());
    if (!fresh) return append_new(images_[known->second].references, references);
    const ParsedManifest parsed =
        parse_manifest(document(descriptor), descriptor.media_type, name_ + ": " + descriptor.digest);
    if (parsed.is_index) refuse(name_, descriptor.digest + " is an index; it should be a manifest");
    const Manifest& manifest = parsed.manifest;
    ArchivedImage image;
    image.config_json = document(manifest.config);
    image.id = manifest.config.digest;
    image.config = checked_config(name_, image.config_json, manifest.layers.size());
    if (options_.strict && fitness({image.config.os, image.config.architecture, ""}) == 0) {
      refuse(name_, descriptor.digest + " is for " + image.config.os + '/' + image.config.architecture +
                        ", not for " + options_.platform.to_string());
    }
    for (const Descriptor& layer : manifest.layers) image.layers.push_back(blob(layer));
    image.references = references;
    images_.push_back(std::move(image));
  }

  ArchivedFile blob(const Descriptor& descriptor) {
    std::optional<ArchivedFile> file = files_.find("blobs/sha256/" + digest_hex(descriptor.digest));
    if (!file) refuse(name_, "the blob " + descriptor.digest + " is missing");
    if (file->digest != descriptor.digest) {
      refuse(name_, "the blob " + descriptor.digest + " is damaged: its digest is " + file->digest);
    }
    if (file->size != descriptor.size) {
      refuse(name_, "the blob " + descriptor.digest + " has " + std::to_string(file->size) +
                        " bytes; the archive tells of " + std::to_string(descriptor.size));
    }
    return std::move(*file);
  }

  std::string document(const Descriptor& descriptor) {
    blob(descriptor);
    return *files_.text("blobs/sha256/" + digest_hex(descriptor.digest), kLargestDocument);
  }

  ArchiveFiles& files_;
  std::string name_;
  const LoadOptions& options_;
  std::vector<ArchivedImage> images_;
  std::map<std::string, size_t> by_manifest_;
};

std::vector<ArchivedImage> layout_images(ArchiveFiles& files, const std::string& name,
                                         const LoadOptions& options, const std::string& index) {
  check_layout(*files.text(kLayout, kLargestDocument), name + ": oci-layout");
  std::vector<ArchivedImage> images = Layout(files, name, options).images(index);
  // Names stand in Docker's table too, where both are there.
  if (const auto manifest = files.text(kDockerManifest, kLargestDocument)) {
    for (const DockerArchiveImage& entry : parse_docker_manifest(*manifest, name + ": manifest.json")) {
      const std::string id = digest_in_name(entry.config);
      for (ArchivedImage& image : images) {
        if (image.id == id) append_new(image.references, checked_names(entry.repo_tags));
      }
    }
  }
  return images;
}

}  // namespace

std::vector<ArchivedImage> images_in(ArchiveFiles& files, const std::string& name,
                                     const LoadOptions& options) {
  std::vector<ArchivedImage> images;
  const std::optional<std::string> index = files.text(kIndex, kLargestDocument);
  if (index && files.find(kLayout)) {
    images = layout_images(files, name, options, *index);
  } else if (const auto manifest = files.text(kDockerManifest, kLargestDocument)) {
    if (options.strict)
      refuse(name, "a platform can be chosen in OCI image layouts only; it is a docker-archive");
    images = docker_images(files, name, *manifest);
  } else if (files.find("repositories")) {
    refuse(name, "it is of a docker older than 1.10, whose images have no configuration");
  } else {
    refuse(name,
           "it holds no images: there is neither a manifest.json (docker save) nor an oci-layout; a root "
           "file system comes in with 'compose image import'");
  }
  if (images.empty()) refuse(name, "it holds no images");
  return images;
}

}  // namespace engine
