#pragma once
// Manifests as a registry has them.
#include <string>

#include "engine/image/manifest.h"
#include "engine/registry/session.h"

namespace engine::registry {

struct RemoteManifest {
  std::string digest;  // of what the tag or digest names, sha256:...
  Manifest manifest;   // of the platform
};

// `name`: a tag or a digest. Follows an index to the manifest for `platform`. What comes is checked against
// `name` when that is a digest, against Docker-Content-Digest, and against the index. Throws
// engine::Error(kInvalid) for what does not fit, as parse_manifest and choose, as Session::send.
RemoteManifest fetch_manifest(Session& session, const std::string& name, const Platform& platform);
// The digest of what the tag or digest names; the body is fetched only from a registry that does not say.
std::string fetch_digest(Session& session, const std::string& name);
// The same of whatever the name stands for, as it came: a manifest, an index, of images or of anything else.
struct ManifestBytes {
  std::string bytes, type, digest;
};
ManifestBytes fetch_manifest_bytes(Session& session, const std::string& name);
// A blob that fits into memory: an image's configuration. Checked against size and digest.
std::string fetch_small_blob(Session& session, const Descriptor& blob, const std::string& what);

}  // namespace engine::registry
