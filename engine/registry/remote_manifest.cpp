#include "engine/registry/remote_manifest.h"

#include "engine/error.h"
#include "engine/image/digest.h"

namespace engine::registry {

namespace {

std::string title(const Session& session, const std::string& name) {
  return "image " + session.repository() + (digest_hex(name).empty() ? ':' : '@') + name;
}

std::vector<std::string> accept_headers() {
  std::vector<std::string> headers;
  for (const char* type : {media::kOciIndex, media::kDockerList, media::kOciManifest, media::kDockerManifest})
    headers.push_back(std::string("Accept: ") + type);
  return headers;
}

void check_digest(const std::string& digest, const std::string& expected, const std::string& what) {
  if (digest == expected) return;
  throw Error(Error::Kind::kInvalid, what + ": its manifest is not the one it should be: sha256 " + digest +
                                         " came for " + expected);
}

HttpResponse get(Session& session, const std::string& name) {
  HttpRequest request;
  request.url = session.url("manifests/" + name);
  request.headers = accept_headers();
  request.body_limit = kLargestManifest;
  HttpResponse response = session.send(request, title(session, name));
  const std::string digest = "sha256:" + sha256_hex(response.body);
  if (!digest_hex(name).empty()) check_digest(digest, name, title(session, name));
  const std::string said = response.header("docker-content-digest");
  if (!digest_hex(said).empty()) check_digest(digest, said, title(session, name));
  return response;
}

ParsedManifest parsed(const HttpResponse& response, const std::string& what) {
  return parse_manifest(response.body, response.header("content-type"), what);
}

}  // namespace

RemoteManifest fetch_manifest(Session& session, const std::string& name, const Platform& platform) {
  const std::string what = title(session, name);
  const HttpResponse first = get(session, name);
  RemoteManifest remote;
  remote.digest = "sha256:" + sha256_hex(first.body);
  ParsedManifest parsed_first = parsed(first, what);
  if (!parsed_first.is_index) {
    remote.manifest = std::move(parsed_first.manifest);
    return remote;
  }
  const Descriptor chosen = choose(parsed_first.entries, platform, what);
  const HttpResponse second = get(session, chosen.digest);
  if (static_cast<int64_t>(second.body.size()) != chosen.size)
    throw Error(Error::Kind::kInvalid,
                what + ": the manifest " + chosen.digest + " has another size than the index says");
  ParsedManifest parsed_second = parsed(second, what);
  if (parsed_second.is_index)
    throw Error(Error::Kind::kInvalid, what + ": an index in an index is not supported");
  remote.manifest = std::move(parsed_second.manifest);
  return remote;
}

ManifestBytes fetch_manifest_bytes(Session& session, const std::string& name) {
  HttpResponse response = get(session, name);
  ManifestBytes result{std::move(response.body), response.header("content-type"), {}};
  result.digest = "sha256:" + sha256_hex(result.bytes);
  return result;
}

std::string fetch_digest(Session& session, const std::string& name) {
  HttpRequest request;
  request.method = "HEAD";
  request.url = session.url("manifests/" + name);
  request.headers = accept_headers();
  const HttpResponse response = session.send(request, title(session, name));
  const std::string digest = response.header("docker-content-digest");
  if (!digest_hex(digest).empty()) {
    if (!digest_hex(name).empty()) check_digest(digest, name, title(session, name));
    return digest;
  }
  return "sha256:" + sha256_hex(get(session, name).body);
}

std::string fetch_small_blob(Session& session, const Descriptor& blob, const std::string& what) {
  HttpRequest request;
  request.url = session.url("blobs/" + blob.digest);
  request.body_limit = blob.size;
  HttpResponse response = session.send(request, what);
  if (static_cast<int64_t>(response.body.size()) != blob.size ||
      "sha256:" + sha256_hex(response.body) != blob.digest)
    throw Error(Error::Kind::kInvalid, what + ": blob " + blob.digest + " came with other content");
  return std::move(response.body);
}

}  // namespace engine::registry
