#pragma once
// A project as a registry keeps it: an OCI manifest whose layers are the project's files, as docker compose
// writes and reads it. Pure. Sources: OCI image-spec, "Guidelines for artifact usage"; the media types and
// annotations are docker compose's (reference documentation of `docker compose publish`).
//
//   artifactType  application/vnd.docker.compose.project; config: the empty descriptor (OCI 1.1)
//   or, for registries that know OCI 1.0 only: no artifactType, the config's media type says what it is
//   layers        application/vnd.docker.compose.file+yaml, in the order they are laid over each other; one
//                 with com.docker.compose.extends is a file that others extend, of the name in
//                 com.docker.compose.file
//                 application/vnd.docker.compose.envfile, of the name in com.docker.compose.envfile
//
// An application (`publish --app`) has an index beside it: the images of its services, with the project's
// manifest as its subject. An index that names the project's manifest among others is understood too.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/image/manifest.h"

namespace compose {

inline constexpr char kProjectArtifact[] = "application/vnd.docker.compose.project";
inline constexpr char kEmptyConfig[] = "{}";

enum class OciVersion { k1_0, k1_1 };

struct ArtifactFile {
  enum class Kind {
    kCompose,      // laid over those before it
    kExtended,     // known by its name
    kEnvironment,  // the same
  };
  Kind kind = Kind::kCompose;
  std::string name;  // without a folder
  std::string bytes;
};

// `created`: RFC 3339.
std::string artifact_manifest(const std::vector<ArtifactFile>& files, OciVersion version,
                              const std::string& created);
// Beside the manifest, whose digest and size those are.
std::string application_index(const std::vector<engine::Descriptor>& images, const std::string& manifest);

struct ArtifactLayer {
  ArtifactFile::Kind kind = ArtifactFile::Kind::kCompose;
  std::string name;
  std::string digest;  // sha256:...
  int64_t size = 0;
};

// The digest of the project's manifest when `document` is an index; nothing when it is no index. Throws
// engine::Error(kInvalid), naming `what`, for an index that has none.
std::optional<std::string> project_in_index(const std::string& document, const std::string& what);
// Layers of other types are passed over. Throws engine::Error(kInvalid) naming `what`: it is no project (it
// says what it is), or a name leads out of the folder.
std::vector<ArtifactLayer> read_artifact(const std::string& manifest, const std::string& what);

// The name of the file that the layers of kind kCompose make together.
inline constexpr char kMainFile[] = "compose.yaml";
// What the folder of a fetched project holds, by name. `bytes`: of each layer.
std::map<std::string, std::string> project_files(const std::vector<ArtifactLayer>& layers,
                                                 const std::vector<std::string>& bytes);

}  // namespace compose
