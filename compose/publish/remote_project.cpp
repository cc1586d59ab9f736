#include "compose/publish/remote_project.h"

#include <memory>

#include "compose/publish/project_artifact.h"
#include "engine/error.h"
#include "engine/image/digest.h"
#include "engine/image/reference.h"
#include "engine/registry/artifact_repository.h"
#include "sys/error.h"
#include "sys/file.h"

namespace compose {
namespace {

constexpr char kManifestFile[] = "manifest.json";
constexpr std::string_view kScheme = "oci://";

// One project, from its registry into its folder.
class Fetch {
 public:
  Fetch(const engine::registry::Registries& registries, const std::string& reference, std::string folder)
      : registries_(registries),
        reference_(engine::parse_reference(reference.substr(kScheme.size()))),
        what_("artifact " + reference_.familiar()),
        folder_(std::move(folder)) {}

  std::string run() {
    std::string digest = reference_.digest;
    std::string manifest = digest.empty() ? "" : kept(digest, kManifestFile);
    if (manifest.empty()) {
      const auto document = repository().manifest(digest.empty() ? reference_.tag : digest);
      digest = document.digest;
      manifest = document.bytes;
      if (const auto inner = project_in_index(manifest, what_))
        manifest = repository().manifest(*inner).bytes;
    }
    const std::string place = folder_ + '/' + engine::digest_hex(digest);
    store(place, manifest, read_artifact(manifest, what_));
    return place + "/project/" + kMainFile;
  }

 private:
  engine::registry::ArtifactRepository& repository() {
    using engine::registry::ArtifactRepository;
    if (!repository_)
      repository_ =
          std::make_unique<ArtifactRepository>(registries_, reference_, ArtifactRepository::Access::kRead);
    return *repository_;
  }

  // A file whose bytes have this digest; "" when it is not here, or was changed.
  std::string kept(const std::string& digest, const std::string& name) {
    const auto bytes =
        sys::read_file_if_exists(folder_ + '/' + engine::digest_hex(digest) + '/' + name).value_or("");
    return "sha256:" + engine::sha256_hex(bytes) == digest ? bytes : std::string();
  }

  // Layers lie beside the files under their digests, as several of them are one file.
  void store(const std::string& place, const std::string& manifest,
             const std::vector<ArtifactLayer>& layers) {
    for (const char* part : {"/layers", "/project"}) sys::make_dirs(place + part, 0700);
    std::vector<std::string> bytes;
    bytes.reserve(layers.size());
    for (const ArtifactLayer& layer : layers) bytes.push_back(layer_bytes(place, layer));
    for (const auto& [name, text] : project_files(layers, bytes)) write(place + "/project/" + name, text);
    write(place + '/' + kManifestFile, manifest);
  }

  std::string layer_bytes(const std::string& place, const ArtifactLayer& layer) {
    const std::string path = place + "/layers/" + engine::digest_hex(layer.digest);
    std::string bytes = sys::read_file_if_exists(path).value_or("");
    if ("sha256:" + engine::sha256_hex(bytes) == layer.digest) return bytes;
    bytes = repository().small_blob(layer.digest, layer.size, what_);
    write(path, bytes);
    return bytes;
  }

  static void write(const std::string& path, const std::string& bytes) {
    if (sys::read_file_if_exists(path) != bytes) sys::write_file_atomic(path, bytes, 0600);
  }

  const engine::registry::Registries& registries_;
  const engine::Reference reference_;
  const std::string what_, folder_;
  std::unique_ptr<engine::registry::ArtifactRepository> repository_;
};

}  // namespace

std::string RemoteProjects::fetch(const std::string& reference) {
  const auto known = fetched_.find(reference);
  if (known != fetched_.end()) return known->second;
  return fetched_[reference] = Fetch(registries_, reference, folder_).run();
}

}  // namespace compose
