#include "engine/image/oci_documents.h"

#include <sys/utsname.h>

#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/image/digest.h"
#include "engine/image/entry_path.h"

namespace engine {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr size_t kMostEntries = 10'000;  // of one list

// One document, for messages.
class Document {
 public:
  Document(const std::string& bytes, std::string name) : name_(std::move(name)) {
    if (static_cast<int64_t>(bytes.size()) > kLargestDocument)
      refuse("it is larger than " + std::to_string(kLargestDocument) + " bytes");
    // Deep nesting would take the stack when it is destroyed or copied; no document of these kinds is deep.
    constexpr int kDeepest = 64;
    bool too_deep = false;
    root_ = json::parse(
        bytes,
        [&too_deep](int depth, json::parse_event_t, json&) {
          too_deep = too_deep || depth > kDeepest;
          return depth <= kDeepest;
        },
        false);
    if (too_deep) refuse("it is nested too deeply");
    if (root_.is_discarded()) refuse("it is not valid JSON");
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(Error::Kind::kInvalid, name_ + ": " + why);
  }
  const json& root() const { return root_; }

  // Nothing when absent or null.
  const json* member(const json& object, const char* key) const {
    if (!object.is_object()) refuse("an object is expected around " + std::string(key));
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }
  std::string text(const json& object, const char* key) const {
    const json* value = member(object, key);
    if (value == nullptr) return {};
    if (!value->is_string()) refuse(std::string(key) + " must be a string");
    return value->get<std::string>();
  }
  const json& list(const json& value, const std::string& what) const {
    if (!value.is_array()) refuse(what + " must be a list");
    if (value.size() > kMostEntries)
      refuse(what + " has more than " + std::to_string(kMostEntries) + " entries");
    return value;
  }
  const json& list_member(const json& object, const char* key) const {
    const json* value = member(object, key);
    if (value == nullptr) refuse(std::string(key) + " is missing");
    return list(*value, key);
  }
  std::vector<std::string> texts(const json& object, const char* key) const {
    std::vector<std::string> result;
    const json* value = member(object, key);
    if (value == nullptr) return result;
    for (const json& item : list(*value, key)) {
      if (!item.is_string()) refuse(std::string(key) + " must be a list of strings");
      result.push_back(item.get<std::string>());
    }
    return result;
  }
  void check_schema_version() const {
    const json* version = member(root_, "schemaVersion");
    if (version == nullptr || *version != 2) refuse("schemaVersion must be 2");
  }

  Descriptor descriptor(const json& object, const std::string& what) const {
    if (!object.is_object()) refuse(what + " must be an object");
    Descriptor descriptor;
    descriptor.media_type = text(object, "mediaType");
    descriptor.digest = text(object, "digest");
    if (digest_hex(descriptor.digest).empty())
      refuse(what + ": digest " + engine::quoted(descriptor.digest) + " is not sha256: and 64 hex digits");
    const json* size = member(object, "size");
    if (size == nullptr || !size->is_number_integer() || *size < 0 || *size > INT64_MAX)
      refuse(what + ": size must be a whole number");
    descriptor.size = size->get<int64_t>();
    if (const json* platform = member(object, "platform")) {
      descriptor.platform = {text(*platform, "os"), text(*platform, "architecture"),
                             text(*platform, "variant")};
    }
    if (const json* annotations = member(object, "annotations")) {
      if (!annotations->is_object()) refuse(what + ": annotations must be an object");
      for (const auto& [key, value] : annotations->items()) {
        if (!value.is_string()) refuse(what + ": annotations must map strings to strings");
        descriptor.annotations[key] = value.get<std::string>();
      }
    }
    return descriptor;
  }

 private:
  std::string name_;
  json root_;
};

ordered_json descriptor_json(const Descriptor& descriptor) {
  ordered_json object{
      {"mediaType", descriptor.media_type}, {"digest", descriptor.digest}, {"size", descriptor.size}};
  if (!descriptor.annotations.empty()) object["annotations"] = descriptor.annotations;
  if (!descriptor.platform.os.empty()) {
    object["platform"] = {{"architecture", descriptor.platform.architecture}, {"os", descriptor.platform.os}};
    if (!descriptor.platform.variant.empty()) object["platform"]["variant"] = descriptor.platform.variant;
  }
  return object;
}

}  // namespace

std::string Platform::to_string() const {
  return os + '/' + architecture + (variant.empty() ? "" : "/" + variant);
}

Platform host_platform() {
  utsname name{};
  ::uname(&name);
  const std::string machine = name.machine;
  if (machine == "x86_64") return {"linux", "amd64", ""};
  if (machine == "aarch64") return {"linux", "arm64", ""};
  return {"linux", machine, ""};
}

bool Descriptor::is_index() const {
  return media_type == media_type::kOciIndex || media_type == media_type::kDockerIndex;
}

bool Descriptor::is_manifest() const {
  return media_type == media_type::kOciManifest || media_type == media_type::kDockerManifest;
}

std::vector<Descriptor> parse_index(const std::string& json, const std::string& name) {
  const Document document(json, name);
  document.check_schema_version();
  std::vector<Descriptor> manifests;
  for (const auto& item : document.list_member(document.root(), "manifests")) {
    manifests.push_back(document.descriptor(item, "manifests[" + std::to_string(manifests.size()) + "]"));
  }
  return manifests;
}

Manifest parse_manifest(const std::string& json, const std::string& name) {
  const Document document(json, name);
  document.check_schema_version();
  Manifest manifest;
  const auto* config = document.member(document.root(), "config");
  if (config == nullptr) document.refuse("config is missing");
  manifest.config = document.descriptor(*config, "config");
  const std::string& type = manifest.config.media_type;
  if (type != media_type::kOciConfig && type != "application/vnd.docker.container.image.v1+json")
    document.refuse("it is no image, but an artefact of type " + engine::quoted(type));
  for (const auto& item : document.list_member(document.root(), "layers")) {
    manifest.layers.push_back(
        document.descriptor(item, "layers[" + std::to_string(manifest.layers.size()) + "]"));
  }
  return manifest;
}

void check_layout(const std::string& json, const std::string& name) {
  const Document document(json, name);
  const std::string version = document.text(document.root(), "imageLayoutVersion");
  if (version != "1.0.0")
    document.refuse("image layout version " + engine::quoted(version) + " is not known");
}

std::vector<DockerArchiveImage> parse_docker_manifest(const std::string& json, const std::string& name) {
  const Document document(json, name);
  std::vector<DockerArchiveImage> images;
  for (const auto& item : document.list(document.root(), "it")) {
    DockerArchiveImage image;
    image.config = document.text(item, "Config");
    if (image.config.empty()) document.refuse("an image without Config");
    image.layers = document.texts(item, "Layers");
    image.repo_tags = document.texts(item, "RepoTags");
    images.push_back(std::move(image));
  }
  return images;
}

std::string to_json(const Manifest& manifest) {
  ordered_json object{{"schemaVersion", 2},
                      {"mediaType", media_type::kOciManifest},
                      {"config", descriptor_json(manifest.config)},
                      {"layers", ordered_json::array()}};
  for (const Descriptor& layer : manifest.layers) object["layers"].push_back(descriptor_json(layer));
  return object.dump();
}

std::string to_json_index(const std::vector<Descriptor>& manifests) {
  ordered_json object{
      {"schemaVersion", 2}, {"mediaType", media_type::kOciIndex}, {"manifests", ordered_json::array()}};
  for (const Descriptor& manifest : manifests) object["manifests"].push_back(descriptor_json(manifest));
  return object.dump();
}

}  // namespace engine
