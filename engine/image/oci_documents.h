#pragma once
// The JSON documents of image archives and registries: OCI index and manifest (OCI image-spec, image-index.md
// and manifest.md; Docker's manifest list and schema 2 manifest have the same shape), and docker-archive's
// manifest.json (github.com/moby/docker-image-spec, "Combined Image JSON + Filesystem Changeset Format"). All
// come from outside and are hostile until read here. Pure.
//
// Every function throws engine::Error(kInvalid): `name` says which document is wrong, then what in it.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/image/config.h"

namespace engine {

namespace media_type {
inline constexpr char kOciIndex[] = "application/vnd.oci.image.index.v1+json";
inline constexpr char kOciManifest[] = "application/vnd.oci.image.manifest.v1+json";
inline constexpr char kOciConfig[] = "application/vnd.oci.image.config.v1+json";
inline constexpr char kOciLayer[] = "application/vnd.oci.image.layer.v1.tar";
inline constexpr char kOciLayerGzip[] = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr char kOciLayerZstd[] = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr char kDockerIndex[] = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr char kDockerManifest[] = "application/vnd.docker.distribution.manifest.v2+json";
}  // namespace media_type

namespace annotation {
inline constexpr char kRefName[] = "org.opencontainers.image.ref.name";
inline constexpr char kImageName[] = "io.containerd.image.name";
}  // namespace annotation

// No document of these kinds is larger, in bytes.
inline constexpr int64_t kLargestDocument = 8 << 20;

struct Platform {
  std::string os, architecture, variant;  // empty: not told
  std::string to_string() const;          // linux/arm/v7
  bool operator==(const Platform&) const = default;
};
// Of this machine's containers.
Platform host_platform();

struct Descriptor {
  std::string media_type;
  std::string digest;  // sha256:<64 hex>
  int64_t size = 0;
  Platform platform;
  std::map<std::string, std::string> annotations;

  bool is_index() const;
  bool is_manifest() const;
};

std::vector<Descriptor> parse_index(const std::string& json, const std::string& name);

struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;  // bottom first
};
// Refuses what is no image: an artefact of another kind.
Manifest parse_manifest(const std::string& json, const std::string& name);

// {"imageLayoutVersion": "1.0.0"}; refuses other versions.
void check_layout(const std::string& json, const std::string& name);

struct DockerArchiveImage {
  std::string config;  // paths in the archive, as they are written
  std::vector<std::string> layers;
  std::vector<std::string> repo_tags;
};
std::vector<DockerArchiveImage> parse_docker_manifest(const std::string& json, const std::string& name);

std::string to_json(const Manifest& manifest);
std::string to_json_index(const std::vector<Descriptor>& manifests);

}  // namespace engine
