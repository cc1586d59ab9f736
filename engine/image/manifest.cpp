#include "engine/image/manifest.h"

#include <nlohmann/json.hpp>
#include <set>

#include "engine/error.h"
#include "engine/image/bounded_json.h"
#include "engine/image/digest.h"
#include "engine/image/entry_path.h"

namespace engine {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr int64_t kLargestBlob = int64_t{1} << 40;
constexpr size_t kMostLayers = 1000, kMostEntries = 10'000, kMostUrls = 16;
constexpr char kSchema1[] = "application/vnd.docker.distribution.manifest.v1";

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
  throw Error(Error::Kind::kInvalid, what + ": " + why);
}

Descriptor read_descriptor(const json& value, const std::string& what) {
  Descriptor descriptor;
  descriptor.media_type = text_member(value, "mediaType");
  descriptor.digest = text_member(value, "digest");
  if (digest_hex(descriptor.digest).empty())
    refuse(what, "the digest " + engine::quoted(descriptor.digest) + " is no sha256 digest");
  const std::optional<int64_t> size = size_member(value, "size");
  if (!size || *size > kLargestBlob)
    refuse(what, "the size of " + descriptor.digest + " is missing or out of range");
  descriptor.size = *size;
  if (const json* urls = list_member(value, "urls")) {
    for (const json& url : *urls) {
      if (url.is_string() && descriptor.urls.size() < kMostUrls)
        descriptor.urls.push_back(url.get<std::string>());
    }
  }
  if (const json* platform = object_member(value, "platform"))
    descriptor.platform = {text_member(*platform, "os"), text_member(*platform, "architecture"),
                           text_member(*platform, "variant")};
  if (const json* annotations = object_member(value, "annotations")) {
    for (const auto& [key, text] : annotations->items()) {
      if (text.is_string()) descriptor.annotations[key] = text.get<std::string>();
    }
  }
  return descriptor;
}

Manifest read_manifest(const json& root, const std::string& what) {
  Manifest manifest;
  const json* config = object_member(root, "config");
  const json* layers = list_member(root, "layers");
  if (config == nullptr || layers == nullptr) refuse(what, "the manifest has no config or no layers");
  if (!text_member(root, "artifactType").empty())
    refuse(what, "it is an artifact of type " + engine::quoted(text_member(root, "artifactType")) +
                     ", not an image");
  manifest.config = read_descriptor(*config, what);
  const std::string& type = manifest.config.media_type;
  if (type != media::kOciConfig && type != media::kDockerConfig)
    refuse(what, "it is an artifact with a configuration of type " + engine::quoted(type) + ", not an image");
  if (manifest.config.size > kLargestConfig) refuse(what, "the image's configuration is larger than 8 MiB");
  if (layers->size() > kMostLayers) refuse(what, "the image has more than 1000 layers");
  for (const json& layer : *layers) {
    manifest.layers.push_back(read_descriptor(layer, what));
    compression_of(manifest.layers.back().media_type, what);
  }
  return manifest;
}

std::string named(const Platform& platform) {
  return platform.os.empty() && platform.architecture.empty() ? "unnamed"
                                                              : engine::quoted(platform.to_string());
}

ordered_json descriptor_json(const Descriptor& descriptor) {
  ordered_json value = {
      {"mediaType", descriptor.media_type}, {"digest", descriptor.digest}, {"size", descriptor.size}};
  if (!descriptor.urls.empty()) value["urls"] = descriptor.urls;
  if (!descriptor.annotations.empty()) value["annotations"] = descriptor.annotations;
  if (!descriptor.platform.os.empty()) {
    value["platform"] = {{"architecture", descriptor.platform.architecture}, {"os", descriptor.platform.os}};
    if (!descriptor.platform.variant.empty()) value["platform"]["variant"] = descriptor.platform.variant;
  }
  return value;
}

}  // namespace

bool Descriptor::is_index() const {
  return media_type == media::kOciIndex || media_type == media::kDockerList;
}

bool Descriptor::is_manifest() const {
  return media_type == media::kOciManifest || media_type == media::kDockerManifest;
}

ParsedManifest parse_manifest(const std::string& bytes, const std::string& told_type,
                              const std::string& what) {
  const json root = parse_object(bytes, what);
  std::string type = text_member(root, "mediaType");
  if (type.empty()) type = told_type.substr(0, told_type.find(';'));
  if (size_member(root, "schemaVersion").value_or(0) == 1 || type.rfind(kSchema1, 0) == 0)
    refuse(
        what,
        "the image is in Docker's old format, manifest schema 1, which is not supported; pull it with an old "
        "Docker and push it again");
  if (size_member(root, "schemaVersion").value_or(0) != 2)
    refuse(what, "the manifest's schemaVersion is not 2");
  ParsedManifest parsed;
  const bool has_entries = list_member(root, "manifests") != nullptr;
  const bool has_layers = root.contains("layers") || root.contains("config");
  if (has_entries && has_layers) refuse(what, "it is a manifest and an index at once");  // CVE-2021-41190
  parsed.is_index = type == media::kOciIndex || type == media::kDockerList;
  const bool is_manifest = type == media::kOciManifest || type == media::kDockerManifest;
  if (!parsed.is_index && !is_manifest)
    refuse(what, "its type " + engine::quoted(type) + " is not one of an image");
  if (parsed.is_index != has_entries) refuse(what, "its content is not what its type " + type + " says");
  if (!parsed.is_index) {
    parsed.manifest = read_manifest(root, what);
    return parsed;
  }
  const json& entries = root["manifests"];
  if (entries.size() > kMostEntries) refuse(what, "the index has more than 10,000 entries");
  for (const json& entry : entries) parsed.entries.push_back(read_descriptor(entry, what));
  return parsed;
}

const Descriptor& choose(const std::vector<Descriptor>& entries, const Platform& wanted,
                         const std::string& what) {
  const Descriptor* best = nullptr;
  int best_fitness = 0;
  std::set<std::string> offered;
  for (const Descriptor& entry : entries) {
    if (entry.platform.os != "unknown") offered.insert(named(entry.platform));  // attestations
    const int fits = fitness(wanted, entry.platform);
    if (fits > best_fitness) {
      best = &entry;
      best_fitness = fits;
    }
  }
  if (best != nullptr) return *best;
  std::string list;
  for (const std::string& name : offered) list += (list.empty() ? "" : ", ") + name;
  throw Error(Error::Kind::kNotFound, what + ": there is no image for the platform " + wanted.to_string() +
                                          (list.empty() ? "; the index is empty" : "; there are " + list));
}

Compression compression_of(const std::string& type, const std::string& what) {
  const std::string_view prefixes[] = {"application/vnd.oci.image.layer.v1.tar",
                                       "application/vnd.oci.image.layer.nondistributable.v1.tar"};
  for (const std::string_view prefix : prefixes) {
    if (type.compare(0, prefix.size(), prefix) != 0) continue;
    const std::string rest = type.substr(prefix.size());
    if (rest.empty()) return Compression::kNone;
    if (rest == "+gzip") return Compression::kGzip;
    if (rest == "+zstd") return Compression::kZstd;
    if (rest.find("encrypted") != std::string::npos)
      refuse(what, "its layers are encrypted, which is not supported");
  }
  if (type == media::kDockerTar) return Compression::kNone;
  if (type == media::kDockerTarGzip || type == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    return Compression::kGzip;
  if (type == "application/vnd.docker.image.rootfs.diff.tar.zstd") return Compression::kZstd;
  refuse(what, "a layer is of type " + engine::quoted(type) + ", which is not one of a layer");
}

bool is_docker_type(const std::string& media_type) {
  return media_type.rfind("application/vnd.docker.", 0) == 0;
}

std::string manifest_json(const Manifest& manifest, bool docker) {
  ordered_json root = {{"schemaVersion", 2},
                       {"mediaType", docker ? media::kDockerManifest : media::kOciManifest},
                       {"config", descriptor_json(manifest.config)},
                       {"layers", ordered_json::array()}};
  for (const Descriptor& layer : manifest.layers) root["layers"].push_back(descriptor_json(layer));
  return root.dump();
}

std::string index_json(const std::vector<Descriptor>& entries) {
  ordered_json root = {
      {"schemaVersion", 2}, {"mediaType", media::kOciIndex}, {"manifests", ordered_json::array()}};
  for (const Descriptor& entry : entries) root["manifests"].push_back(descriptor_json(entry));
  return root.dump();
}

}  // namespace engine
