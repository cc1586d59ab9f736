#include "compose/publish/project_artifact.h"

#include <nlohmann/json.hpp>

#include "compose/plan/labels.h"
#include "engine/error.h"
#include "engine/image/bounded_json.h"
#include "engine/image/digest.h"
#include "engine/image/entry_path.h"

namespace compose {
namespace {

using Json = nlohmann::ordered_json;
using Kind = ArtifactFile::Kind;

constexpr char kComposeFile[] = "application/vnd.docker.compose.file+yaml";
constexpr char kEnvFile[] = "application/vnd.docker.compose.envfile";
constexpr char kComposeConfig[] = "application/vnd.docker.compose.config.empty.v1+json";
constexpr char kOciEmpty[] = "application/vnd.oci.empty.v1+json";
constexpr char kFileName[] = "com.docker.compose.file";
constexpr char kEnvFileName[] = "com.docker.compose.envfile";
constexpr char kExtends[] = "com.docker.compose.extends";
constexpr char kSeparator[] = "\n---\n";
constexpr size_t kMostLayers = 1000;

Json descriptor(const std::string& type, const std::string& bytes) {
  return {{"mediaType", type}, {"digest", "sha256:" + engine::sha256_hex(bytes)}, {"size", bytes.size()}};
}

Json layer_of(const ArtifactFile& file) {
  const bool environment = file.kind == Kind::kEnvironment;
  Json layer = descriptor(environment ? kEnvFile : kComposeFile, file.bytes);
  Json& annotations = layer["annotations"];
  annotations[environment ? kEnvFileName : kFileName] = file.name;
  if (file.kind == Kind::kExtended) annotations[kExtends] = "true";
  annotations[label::kVersionLabel] = kVersion;
  return layer;
}

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
  throw engine::Error(engine::Error::Kind::kInvalid, what + why);
}

// Files lie side by side: a name must not lead elsewhere.
std::string checked_name(const std::string& name, const std::string& what) {
  if (name.empty() || name == "." || name == ".." || name.find_first_of("/\\") != std::string::npos ||
      name.find('\0') != std::string::npos)
    refuse(what, ": the file name " + engine::quoted(name) + " in it is not one");
  return name;
}

ArtifactLayer read_layer(const nlohmann::json& layer, const std::string& what, bool& wanted) {
  const std::string type = engine::text_member(layer, "mediaType");
  wanted = type == kComposeFile || type == kEnvFile;
  ArtifactLayer result;
  if (!wanted) return result;
  result.digest = engine::text_member(layer, "digest");
  const std::optional<int64_t> size = engine::size_member(layer, "size");
  if (engine::digest_hex(result.digest).empty() || !size)
    refuse(what, ": a file in it has no sha256 digest or no size");
  result.size = *size;
  const nlohmann::json none = nlohmann::json::object();
  const nlohmann::json* given = engine::object_member(layer, "annotations");
  const nlohmann::json& annotations = given == nullptr ? none : *given;
  if (type == kEnvFile) {
    result.kind = Kind::kEnvironment;
    result.name = checked_name(engine::text_member(annotations, kEnvFileName), what);
  } else if (annotations.contains(kExtends)) {
    result.kind = Kind::kExtended;
    result.name = checked_name(engine::text_member(annotations, kFileName), what);
  } else {
    result.name = kMainFile;
  }
  return result;
}

}  // namespace

std::string artifact_manifest(const std::vector<ArtifactFile>& files, OciVersion version,
                              const std::string& created) {
  const bool current = version == OciVersion::k1_1;
  Json manifest{{"schemaVersion", 2}, {"mediaType", engine::media::kOciManifest}};
  if (current) manifest["artifactType"] = kProjectArtifact;
  manifest["config"] = descriptor(current ? kOciEmpty : kComposeConfig, kEmptyConfig);
  Json& layers = manifest["layers"] = Json::array();
  for (const ArtifactFile& file : files) layers.push_back(layer_of(file));
  manifest["annotations"] = {{"org.opencontainers.image.created", created}};
  return manifest.dump();
}

std::string application_index(const std::vector<engine::Descriptor>& images, const std::string& manifest) {
  Json index{{"schemaVersion", 2}, {"mediaType", engine::media::kOciIndex}};
  Json& entries = index["manifests"] = Json::array();
  for (const engine::Descriptor& image : images)
    entries.push_back({{"mediaType", image.media_type}, {"digest", image.digest}, {"size", image.size}});
  Json& subject = index["subject"] = descriptor(engine::media::kOciManifest, manifest);
  subject["artifactType"] = kProjectArtifact;
  index["annotations"] = {{label::kVersionLabel, kVersion}};
  return index.dump();
}

std::optional<std::string> project_in_index(const std::string& document, const std::string& what) {
  const nlohmann::json index = engine::parse_object(document, what);
  const nlohmann::json* entries = engine::list_member(index, "manifests");
  if (entries == nullptr) return std::nullopt;
  for (const nlohmann::json& entry : *entries) {
    if (engine::text_member(entry, "artifactType") != kProjectArtifact) continue;
    std::string digest = engine::text_member(entry, "digest");
    if (!engine::digest_hex(digest).empty()) return digest;
  }
  refuse(what, " is no published project: it is an index of images");
}

std::vector<ArtifactLayer> read_artifact(const std::string& manifest, const std::string& what) {
  const nlohmann::json document = engine::parse_object(manifest, what);
  const std::string type = engine::text_member(document, "artifactType");
  const nlohmann::json* config = engine::object_member(document, "config");
  const std::string config_type = config == nullptr ? "" : engine::text_member(*config, "mediaType");
  if (type.empty() ? config_type != kComposeConfig : type != kProjectArtifact) {
    const std::string shown = type.empty() ? config_type : type;
    refuse(what, " is no published project" + (shown.empty() ? "" : ", but " + engine::quoted(shown)));
  }
  const nlohmann::json* layers = engine::list_member(document, "layers");
  if (layers == nullptr || layers->size() > kMostLayers)
    refuse(what, ": it has no files, or more than " + std::to_string(kMostLayers));
  std::vector<ArtifactLayer> result;
  for (const nlohmann::json& layer : *layers) {
    bool wanted = false;
    ArtifactLayer read = read_layer(layer, what, wanted);
    if (wanted) result.push_back(std::move(read));
  }
  return result;
}

std::map<std::string, std::string> project_files(const std::vector<ArtifactLayer>& layers,
                                                 const std::vector<std::string>& bytes) {
  std::map<std::string, std::string> files{{kMainFile, ""}};
  bool first = true;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].kind != Kind::kCompose) {
      if (layers[i].name != kMainFile) files[layers[i].name] = bytes[i];
      continue;
    }
    files[kMainFile] += (first ? "" : kSeparator) + bytes[i];
    first = false;
  }
  return files;
}

}  // namespace compose
