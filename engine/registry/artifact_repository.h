#pragma once
// One repository of a registry for what is no image of the store: artifacts, which are manifests with small
// blobs, and images that go from one repository to another without becoming ours. Sources: OCI
// distribution-spec 1.1; OCI image-spec, "Guidelines for artifact usage".
#include <functional>
#include <memory>
#include <string>

#include "engine/image/manifest.h"
#include "engine/image/reference.h"
#include "engine/registry/registries.h"
#include "engine/registry/remote_manifest.h"

namespace engine::registry {

// Used by one thread. Errors are those of Engine::pull_image and push_image; a refusal is a Refusal
// (session.h), which has the HTTP status.
class ArtifactRepository {
 public:
  enum class Access { kRead, kWrite };
  ArtifactRepository(const Registries& registries, const Reference& reference, Access access,
                     std::function<bool()> cancelled = {});
  ~ArtifactRepository();
  ArtifactRepository(const ArtifactRepository&) = delete;
  ArtifactRepository& operator=(const ArtifactRepository&) = delete;

  // `name`: a tag or a digest, which is checked.
  ManifestBytes manifest(const std::string& name);
  // At most kLargestSmallBlob bytes; checked against size and digest.
  static constexpr int64_t kLargestSmallBlob = int64_t{4} << 20;
  std::string small_blob(const std::string& digest, int64_t size, const std::string& what);

  // Unless the repository has it. Returns its digest.
  std::string send_small_blob(const std::string& bytes);
  // Under a tag, or under its own digest. Returns the digest.
  std::string send_manifest(const std::string& bytes, const std::string& type, const std::string& name);

  // The image that `source` has under `name`, of every platform, with all its blobs: mounted where both are
  // of one registry, else through a file below `folder`. It is known by its digest here. What its manifest
  // says of itself comes back.
  Descriptor copy_image(ArtifactRepository& source, const std::string& name, const std::string& folder);

 private:
  struct Impl;
  void copy_manifest(ArtifactRepository& source, const ManifestBytes& document, const std::string& folder,
                     int depth);
  void copy_blob(ArtifactRepository& source, const Descriptor& blob, const std::string& folder);
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine::registry
