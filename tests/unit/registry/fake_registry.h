#pragma once
// A registry in memory that keeps to the distribution-spec, except where a test says otherwise, and images
// for it.
#include <atomic>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "../image/scratch.h"
#include "engine/image/digest.h"
#include "engine/image/layer_blobs.h"
#include "engine/image/manifest.h"
#include "engine/registry/gzip_blocks.h"
#include "engine/registry/pull.h"
#include "engine/registry/push.h"
#include "fake_server.h"

inline std::string gzip(const std::string& bytes) {
  std::string out;
  engine::registry::GzipBlocks blocks(2, [&](const char* data, size_t size) { out.append(data, size); });
  blocks.write(bytes.data(), bytes.size());
  blocks.finish();
  return out;
}

inline std::string digest_of(const std::string& bytes) {
  return "sha256:" + engine::sha256_hex(bytes);
}

class FakeRegistry {
 public:
  // Asked before the registry answers itself.
  std::function<std::optional<Answer>(const Ask&)> instead = [](const Ask&) { return std::nullopt; };
  std::map<std::string, std::string> blobs;                              // by digest
  std::map<std::string, std::pair<std::string, std::string>> manifests;  // "repo:tag or digest": type, bytes
  std::map<std::string, std::string> uploads;
  FakeServer server{[this](const Ask& ask) { return answer(ask); }};

  std::string add_blob(const std::string& bytes) {
    blobs[digest_of(bytes)] = bytes;
    return digest_of(bytes);
  }
  std::string add_manifest(const std::string& repository, const std::string& tag, const std::string& type,
                           const std::string& bytes) {
    manifests[repository + ':' + tag] = manifests[repository + ':' + digest_of(bytes)] = {type, bytes};
    return digest_of(bytes);
  }
  // An image with these tars as layers; returns the manifest's digest.
  std::string add_image(const std::string& repository, const std::string& tag,
                        const std::vector<std::string>& tars, const std::string& architecture = "amd64",
                        bool docker = false) {
    nlohmann::json config = {{"architecture", architecture},
                             {"os", "linux"},
                             {"created", "2024-01-02T03:04:05Z"},
                             {"config", {{"Labels", {{"a", "b"}}}}},
                             {"rootfs", {{"type", "layers"}, {"diff_ids", nlohmann::json::array()}}}};
    engine::Manifest manifest;
    for (const std::string& tar : tars) {
      config["rootfs"]["diff_ids"].push_back(digest_of(tar));
      const std::string bytes = gzip(tar);
      manifest.layers.push_back({docker ? engine::media::kDockerTarGzip : engine::media::kOciTarGzip,
                                 add_blob(bytes),
                                 static_cast<int64_t>(bytes.size()),
                                 {}});
    }
    const std::string text = config.dump();
    manifest.config = {docker ? engine::media::kDockerConfig : engine::media::kOciConfig,
                       add_blob(text),
                       static_cast<int64_t>(text.size()),
                       {}};
    last_image_id = manifest.config.digest;
    last_manifest = manifest;
    return add_manifest(repository, tag,
                        docker ? engine::media::kDockerManifest : engine::media::kOciManifest,
                        manifest_json(manifest, docker));
  }
  std::string reference(const std::string& rest) { return server.host() + '/' + rest; }
  // How often a blob's bytes were sent.
  size_t sent(const std::string& digest) {
    size_t count = 0;
    for (const Ask& ask : server.asked()) {
      if (ask.method == "GET" && ask.path.size() > digest.size() &&
          ask.path.compare(ask.path.size() - digest.size(), digest.size(), digest) == 0)
        ++count;
    }
    return count;
  }

  std::string last_image_id;
  engine::Manifest last_manifest;

 private:
  static Answer not_found(const std::string& code) {
    return {404, {}, R"({"errors":[{"code":")" + code + R"(","message":"unknown"}]})"};
  }

  Answer answer(const Ask& ask) {
    if (std::optional<Answer> other = instead(ask)) return *other;
    if (ask.path == "/v2/") return {200, {}, "{}"};
    if (const size_t at = ask.path.find("/manifests/"); at != std::string::npos)
      return manifest(ask, ask.path.substr(4, at - 4), ask.path.substr(at + 11));
    if (ask.path.find("/blobs/uploads/") != std::string::npos) return upload(ask);
    if (const size_t at = ask.path.find("/blobs/"); at != std::string::npos)
      return blob(ask, ask.path.substr(at + 7));
    return not_found("NAME_UNKNOWN");
  }

  Answer manifest(const Ask& ask, const std::string& repository, const std::string& name) {
    if (ask.method == "PUT") {
      const std::string digest = add_manifest(repository, name, ask.header("content-type"), ask.body);
      return {201, {"Docker-Content-Digest: " + digest}, ""};
    }
    const auto found = manifests.find(repository + ':' + name);
    if (found == manifests.end()) return not_found("MANIFEST_UNKNOWN");
    const auto& [type, bytes] = found->second;
    return {200, {"Content-Type: " + type, "Docker-Content-Digest: " + digest_of(bytes)}, bytes};
  }

  Answer blob(const Ask& ask, const std::string& digest) {
    const auto found = blobs.find(digest);
    if (found == blobs.end()) return not_found("BLOB_UNKNOWN");
    const std::string range = ask.header("range");
    if (range.empty()) return {200, {}, found->second};
    const size_t start = std::stoul(range.substr(6));
    return {206,
            {"Content-Range: bytes " + std::to_string(start) + '-' +
             std::to_string(found->second.size() - 1) + '/' + std::to_string(found->second.size())},
            found->second.substr(start)};
  }

  Answer upload(const Ask& ask) {
    if (ask.method == "POST") {
      const size_t mount = ask.query.find("mount=sha256%3A");
      if (mount != std::string::npos && blobs.count("sha256:" + ask.query.substr(mount + 15, 64)) > 0)
        return {201, {}, ""};
      const std::string id = std::to_string(uploads.size());
      uploads[id];
      return {202, {"Location: " + ask.path + id + "?state=x"}, ""};
    }
    const size_t slash = ask.path.rfind('/');
    const std::string id = ask.path.substr(slash + 1);
    std::string& bytes = uploads[id];
    const std::string location = "Location: " + ask.path + "?state=y";
    if (ask.method == "GET")
      return {204, {location, "Range: 0-" + std::to_string(bytes.empty() ? 0 : bytes.size() - 1)}, ""};
    bytes += ask.body;
    if (ask.method == "PATCH") return {202, {location}, ""};
    const std::string digest = "sha256:" + ask.query.substr(ask.query.find("digest=sha256%3A") + 16, 64);
    if (digest != digest_of(bytes)) return {400, {}, R"({"errors":[{"code":"DIGEST_INVALID"}]})"};
    blobs[digest] = bytes;
    return {201, {}, ""};
  }
};

// Remembers what it hears. Cancelled by setting `stop`.
class Heard final : public engine::TransferObserver {
 public:
  void layer(const engine::LayerEvent& event) override { events.push_back(event); }
  void status(const std::string& line) override { lines.push_back(line); }
  void warning(const std::string& text) override { warnings.push_back(text); }
  bool cancelled() override { return stop; }
  int cancel_fd() override { return -1; }

  size_t count(engine::LayerEvent::State state) const {
    return static_cast<size_t>(std::count_if(
        events.begin(), events.end(), [&](const engine::LayerEvent& event) { return event.state == state; }));
  }
  std::vector<engine::LayerEvent> events;
  std::vector<std::string> lines, warnings;
  std::atomic<bool> stop{false};
};

// A store and what transfers need beside it, with pauses that do not keep a test.
struct Place {
  Scratch scratch;
  Store store{scratch};
  engine::LayerBlobs blobs{store.database, store.paths};
  engine::registry::Registries registries;
  engine::registry::Tuning tuning{{2000, 2, 60}, 4, 1, 5, 3};
  Heard heard;

  Place() { ::setenv("DOCKER_CONFIG", (scratch / "docker").c_str(), 1); }
  engine::PullResult pull(const std::string& reference, const std::string& platform = "") {
    return engine::registry::pull({store.images, blobs, store.paths, registries, tuning},
                                  {reference, platform}, heard);
  }
  engine::PushResult push(const std::string& reference) {
    return engine::registry::push({store.images, blobs, store.paths, registries, tuning}, {reference}, heard);
  }
  std::string file_of(const std::string& reference, const std::string& name) {
    const std::optional<engine::StoredImage> image = store.images.find(reference);
    REQUIRE(image);
    for (const std::string& dir : image->lower_dirs) {
      if (exists(dir + '/' + name)) return sys::read_file(dir + '/' + name);
    }
    return "(none)";
  }
  bool left_drafts() const {
    return std::system(("[ -n \"$(ls -A '" + store.paths.build_tmp() + "')\" ]").c_str()) == 0;
  }
};
