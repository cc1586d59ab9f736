#pragma once
// The JSON documents that only archives of images have: an OCI image layout's version (OCI image-spec,
// image-layout.md) and docker-archive's manifest.json (github.com/moby/docker-image-spec, "Combined Image
// JSON
// + Filesystem Changeset Format"). Both come from outside and are hostile until read here. Pure. What
// registries have as well is manifest.h's.
//
// Every function throws engine::Error(kInvalid): `name` says which document is wrong, then what in it.
#include <cstdint>
#include <string>
#include <vector>

namespace engine {

namespace annotation {
inline constexpr char kRefName[] = "org.opencontainers.image.ref.name";
inline constexpr char kImageName[] = "io.containerd.image.name";
}  // namespace annotation

// No document of an archive is larger, in bytes.
inline constexpr int64_t kLargestDocument = 8 << 20;

// {"imageLayoutVersion": "1.0.0"}; refuses other versions.
void check_layout(const std::string& json, const std::string& name);

struct DockerArchiveImage {
  std::string config;  // paths in the archive, as they are written
  std::vector<std::string> layers;
  std::vector<std::string> repo_tags;
};
std::vector<DockerArchiveImage> parse_docker_manifest(const std::string& json, const std::string& name);

}  // namespace engine
