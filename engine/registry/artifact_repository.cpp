#include "engine/registry/artifact_repository.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/image/bounded_json.h"
#include "engine/image/digest.h"
#include "engine/registry/blob_download.h"
#include "engine/registry/blob_upload.h"
#include "engine/registry/pull.h"
#include "sys/file.h"

namespace engine::registry {

struct ArtifactRepository::Impl {
  Impl(const Registries& registries, const Reference& reference, Access access,
       std::function<bool()> cancelled)
      : cancellation(std::move(cancelled)),
        http(tuning, cancellation, certificate_folders()),
        session(http, tuning, cancellation, registries.itself(reference.registry), reference.repository,
                access == Access::kRead ? "pull" : "pull,push",
                credentials_for(registries.itself(reference.registry))) {}

  Tuning tuning;
  Cancellation cancellation;
  HttpClient http;
  Session session;
};

namespace {

constexpr int kDeepestIndex = 3;

Descriptor described(const nlohmann::json& entry, const std::string& what) {
  Descriptor result;
  result.media_type = text_member(entry, "mediaType");
  result.digest = text_member(entry, "digest");
  const std::optional<int64_t> size = size_member(entry, "size");
  if (digest_hex(result.digest).empty() || !size)
    throw Error(Error::Kind::kInvalid, what + ": a part of it has no sha256 digest or no size");
  result.size = *size;
  return result;
}

// A file that is gone with this.
class PassingFile {
 public:
  explicit PassingFile(std::string path) : path_(std::move(path)), file_(path_) {}
  ~PassingFile() { ::unlink(path_.c_str()); }
  PassingFile(const PassingFile&) = delete;
  PassingFile& operator=(const PassingFile&) = delete;
  GrowingFile& file() { return file_; }

 private:
  std::string path_;
  GrowingFile file_;
};

}  // namespace

ArtifactRepository::ArtifactRepository(const Registries& registries, const Reference& reference,
                                       Access access, std::function<bool()> cancelled)
    : impl_(std::make_unique<Impl>(registries, reference, access, std::move(cancelled))) {}

ArtifactRepository::~ArtifactRepository() = default;

ManifestBytes ArtifactRepository::manifest(const std::string& name) {
  return fetch_manifest_bytes(impl_->session, name);
}

std::string ArtifactRepository::small_blob(const std::string& digest, int64_t size, const std::string& what) {
  if (digest_hex(digest).empty() || size < 0 || size > kLargestSmallBlob)
    throw Error(Error::Kind::kInvalid, what + ": its digest is no sha256, or it has more than " +
                                           std::to_string(kLargestSmallBlob >> 20) + " MiB");
  Descriptor blob;
  blob.digest = digest;
  blob.size = size;
  return fetch_small_blob(impl_->session, blob, what);
}

std::string ArtifactRepository::send_small_blob(const std::string& bytes) {
  std::string digest = "sha256:" + sha256_hex(bytes);
  if (!has_blob(impl_->session, digest)) upload_small_blob(impl_->session, bytes, digest);
  return digest;
}

std::string ArtifactRepository::send_manifest(const std::string& bytes, const std::string& type,
                                              const std::string& name) {
  std::string digest = "sha256:" + sha256_hex(bytes);
  HttpRequest request;
  request.method = "PUT";
  request.url = impl_->session.url("manifests/" + name);
  request.headers.push_back("Content-Type: " + type);
  request.body = bytes;
  const std::string what = "push of " + impl_->session.repository() + ':' + name;
  const std::string said = impl_->session.send(request, what).header("docker-content-digest");
  if (!digest_hex(said).empty() && said != digest)
    throw Error(Error::Kind::kInvalid, what + ": the registry took " + said + " for the manifest " + digest);
  return digest;
}

Descriptor ArtifactRepository::copy_image(ArtifactRepository& source, const std::string& name,
                                          const std::string& folder) {
  const ManifestBytes document = source.manifest(name);
  copy_manifest(source, document, folder, 0);
  Descriptor result;
  result.media_type = text_member(parse_object(document.bytes, "image " + name), "mediaType");
  if (result.media_type.empty()) result.media_type = document.type;
  result.digest = document.digest;
  result.size = static_cast<int64_t>(document.bytes.size());
  return result;
}

void ArtifactRepository::copy_manifest(ArtifactRepository& source, const ManifestBytes& document,
                                       const std::string& folder, int depth) {
  const std::string what = "image " + source.impl_->session.repository() + '@' + document.digest;
  if (depth > kDeepestIndex)
    throw Error(Error::Kind::kInvalid, what + ": its indexes hold each other too deep");
  const nlohmann::json manifest = parse_object(document.bytes, what);
  if (const nlohmann::json* entries = list_member(manifest, "manifests")) {
    for (const nlohmann::json& entry : *entries)
      copy_manifest(source, source.manifest(described(entry, what).digest), folder, depth + 1);
  } else {
    const nlohmann::json* config = object_member(manifest, "config");
    const nlohmann::json* layers = list_member(manifest, "layers");
    if (config == nullptr || layers == nullptr)
      throw Error(Error::Kind::kInvalid, what + ": its manifest is of a kind that cannot be copied");
    copy_blob(source, described(*config, what), folder);
    for (const nlohmann::json& layer : *layers) copy_blob(source, described(layer, what), folder);
  }
  send_manifest(document.bytes, document.type, document.digest);
}

void ArtifactRepository::copy_blob(ArtifactRepository& source, const Descriptor& blob,
                                   const std::string& folder) {
  Session& from = source.impl_->session;
  Session& to = impl_->session;
  if (has_blob(to, blob.digest)) return;
  if (from.endpoint().registry == to.endpoint().registry && mount_blob(to, blob.digest, from.repository()))
    return;
  PassingFile passing(folder + '/' + digest_hex(blob.digest) + '.' + std::to_string(::getpid()));
  const std::atomic<bool> abandoned{false};
  BlobDownload(source.impl_->http, from, source.impl_->tuning, source.impl_->cancellation, abandoned)
      .run(blob, passing.file(), {[](int64_t) {}, [](int, const std::string&) {}});
  BlobUpload(to, impl_->tuning, impl_->cancellation)
      .run(passing.file(), blob.size, [&blob] { return blob.digest; },
           {[](int64_t) {}, [](int, const std::string&) {}});
}

}  // namespace engine::registry
