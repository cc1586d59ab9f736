#pragma once
// Manifests and indexes: what an image is made of, in registries and in archives. They come from outside and
// are hostile until read here. Pure. Source: OCI image-spec, manifest.md, image-index.md, descriptor.md;
// Docker's Image Manifest Version 2, Schema 2.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/image/platform.h"

namespace engine {

namespace media {
inline constexpr char kOciIndex[] = "application/vnd.oci.image.index.v1+json";
inline constexpr char kOciManifest[] = "application/vnd.oci.image.manifest.v1+json";
inline constexpr char kOciConfig[] = "application/vnd.oci.image.config.v1+json";
inline constexpr char kOciTar[] = "application/vnd.oci.image.layer.v1.tar";
inline constexpr char kOciTarGzip[] = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr char kOciTarZstd[] = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr char kDockerList[] = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr char kDockerManifest[] = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr char kDockerConfig[] = "application/vnd.docker.container.image.v1+json";
inline constexpr char kDockerTar[] = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr char kDockerTarGzip[] = "application/vnd.docker.image.rootfs.diff.tar.gzip";
}  // namespace media

inline constexpr int64_t kLargestManifest = int64_t{4} << 20;
inline constexpr int64_t kLargestConfig = int64_t{8} << 20;

struct Descriptor {
  std::string media_type{};
  std::string digest{};  // sha256:<64 hex>, checked
  int64_t size = 0;
  std::vector<std::string> urls{};  // where else the bytes are (non-distributable layers)
  Platform platform{};              // in an index; empty when it does not say
  std::map<std::string, std::string> annotations{};

  bool is_index() const;
  bool is_manifest() const;
};

struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;  // bottom first
};

// One of the two.
struct ParsedManifest {
  bool is_index = false;
  std::vector<Descriptor> entries;
  Manifest manifest;
};

// `type`: what the header or descriptor says, used when the document does not name its own. Throws
// engine::Error: kInvalid naming `what` for what is wrong (a digest that is no sha256, a size out of range,
// more than 1000 layers), for schema 1, for an artifact that is no image and for encrypted layers, each by
// name.
ParsedManifest parse_manifest(const std::string& bytes, const std::string& type, const std::string& what);

// The entry for the platform. Throws engine::Error(kNotFound) listing what there is.
const Descriptor& choose(const std::vector<Descriptor>& entries, const Platform& wanted,
                         const std::string& what);

enum class Compression { kNone, kGzip, kZstd };
// Throws engine::Error(kInvalid) for a type that is no layer's.
Compression compression_of(const std::string& media_type, const std::string& what);
bool is_docker_type(const std::string& media_type);

// A manifest's bytes: with OCI's media types, or Docker's. The layers' types must be of the same kind.
std::string manifest_json(const Manifest& manifest, bool docker);
std::string index_json(const std::vector<Descriptor>& entries);

}  // namespace engine
