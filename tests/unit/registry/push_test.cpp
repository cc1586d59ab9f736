#include "engine/registry/push.h"

#include <random>

#include "fake_registry.h"

using Kind = engine::Error::Kind;
using State = engine::LayerEvent::State;
namespace media = engine::media;

namespace {

// An image made here, of two layers, tagged.
std::string local_image(Place& place, const std::string& reference, const std::string& content = "two") {
  const auto one = place.store.layer("a", std::string(900'000, 'a'));
  const auto two = place.store.layer("b", content, one.chain_id);
  const std::string id = place.store.image({one.diff_id, two.diff_id});
  place.store.images.tag(id, reference);
  return id;
}

}  // namespace

TEST_CASE("a pushed image comes back with the same id in another store") {
  ROOT_ONLY();
  Place place, other;
  FakeRegistry registry;
  const std::string name = registry.reference("team/app:1");
  const std::string id = local_image(place, name);
  const engine::PushResult pushed = place.push(name);
  CHECK(registry.manifests.at("team/app:1").first == media::kOciManifest);
  CHECK(pushed.digest == digest_of(registry.manifests.at("team/app:1").second));
  CHECK(pushed.size == static_cast<int64_t>(registry.manifests.at("team/app:1").second.size()));
  CHECK(place.store.images.find(registry.reference("team/app@" + pushed.digest))->id == id);
  CHECK(other.pull(name).image_id == id);
  CHECK(other.file_of(name, "b") == "two");
  CHECK_FALSE(place.left_drafts());

  SECTION("the second push sends no blob") {
    const size_t uploads = registry.uploads.size();
    CHECK(place.push(name).uploaded_bytes == 0);
    CHECK(registry.uploads.size() == uploads);
    CHECK(place.heard.count(State::kExists) == 2);
  }
  SECTION("a push to another repository mounts the blobs") {
    place.store.images.tag(id, registry.reference("other/app:1"));
    const auto has = [&](const Ask& ask) -> std::optional<Answer> {
      if (ask.method == "HEAD" && ask.path.find("/v2/other/") == 0) return Answer{404, {}, ""};
      return std::nullopt;
    };
    registry.instead = has;
    CHECK(place.push(registry.reference("other/app:1")).uploaded_bytes == 0);
    CHECK(place.heard.count(State::kMounted) == 2);
    CHECK(place.heard.events.back().detail == "team/app");
  }
  SECTION("an image that came in Docker's format is passed on as such, with the blobs as they were") {
    const std::string docker = registry.reference("docker:1");
    const std::string digest =
        registry.add_image("docker", "1", {TarMaker().file("z", "1").file("a", "2").bytes()}, "amd64", true);
    const std::string blob = registry.last_manifest.layers[0].digest;
    place.pull(docker);
    FakeRegistry target;
    place.store.images.tag(registry.last_image_id, target.reference("docker:1"));
    CHECK(place.push(target.reference("docker:1")).digest == digest);
    CHECK(target.manifests.at("docker:1").first == media::kDockerManifest);
    CHECK(target.blobs.count(blob) == 1);
  }
}

TEST_CASE("an upload that is cut off goes on where the registry has got to") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  const std::string name = registry.reference("app:1");
  place.store.images.tag(local_image(place, name), name);
  int cut = 0;
  registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
    if (ask.method != "PATCH" || ++cut > 1) return std::nullopt;
    registry.uploads[ask.path.substr(ask.path.rfind('/') + 1)] = ask.body.substr(0, ask.body.size() / 2);
    Answer answer;
    answer.slam = true;
    return answer;
  };
  place.push(name);
  CHECK(place.heard.count(State::kRetrying) == 1);
  Place other;
  other.pull(name);
  CHECK(other.file_of(name, "a") == std::string(900'000, 'a'));
}

TEST_CASE("an upload that is cut off again and again goes on as long as it gets further") {
  ROOT_ONLY();
  Place place;
  FakeRegistry source, registry;
  std::string noise;
  std::mt19937 random(1);
  while (noise.size() < (1 << 20)) noise += static_cast<char>(random() >> 24);
  source.add_image("a", "1", {TarMaker().file("noise", noise).bytes()});
  place.pull(source.reference("a:1"));
  place.store.images.tag(source.last_image_id, registry.reference("a:1"));
  bool lies = false;
  registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
    if (ask.method == "GET" && lies)
      return Answer{204, {"Location: " + ask.path, "Range: 0-9223372036854775807"}, ""};
    if (ask.method != "PATCH") return std::nullopt;
    constexpr size_t kPart = 100'000;
    if (ask.body.size() <= kPart) return std::nullopt;
    registry.uploads[ask.path.substr(ask.path.rfind('/') + 1)] += ask.body.substr(0, kPart);
    Answer answer;
    answer.slam = true;
    return answer;
  };
  SECTION("whatever the number of attempts without progress") {
    place.push(registry.reference("a:1"));
    CHECK(place.heard.count(State::kRetrying) > 4);
    CHECK(registry.blobs.count(source.last_manifest.layers[0].digest) == 1);
  }
  SECTION("and not to where nothing was sent") {
    lies = true;
    CHECK(error_of(Kind::kInvalid, [&] { place.push(registry.reference("a:1")); }).find("fewer were sent") !=
          std::string::npos);
  }
}

TEST_CASE("a push is refused with the reason") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  CHECK(error_of(Kind::kNotFound, [&] {
          place.push(registry.reference("none:1"));
        }).find("there is no image") != std::string::npos);
  CHECK(error_of(Kind::kInvalid, [&] {
          place.push(registry.reference("a@" + digest_of("x")));
        }).find("tag") != std::string::npos);
  const std::string name = registry.reference("app:1");
  local_image(place, name);
  registry.instead = [](const Ask& ask) -> std::optional<Answer> {
    if (ask.method != "POST") return std::nullopt;
    return Answer{403, {}, R"({"errors":[{"code":"DENIED","message":"read only"}]})"};
  };
  CHECK(error_of(Kind::kDenied, [&] { place.push(name); }).find("DENIED: read only") != std::string::npos);
}

TEST_CASE("a compressed layer depends on its bytes alone and is what gzip reads") {
  const Scratch scratch;
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += std::to_string(i) + ' ';
  const std::string packed = gzip(bytes);
  std::string slowly;
  engine::registry::GzipBlocks blocks(1, [&](const char* data, size_t size) { slowly.append(data, size); });
  for (size_t at = 0; at < bytes.size(); at += 1000)
    blocks.write(bytes.data() + at, std::min<size_t>(1000, bytes.size() - at));
  blocks.finish();
  CHECK(slowly == packed);
  sys::write_file_atomic(scratch / "x.gz", packed);
  run({"gzip", "-d", scratch / "x.gz"});
  CHECK(sys::read_file(scratch / "x") == bytes);
  CHECK(gzip("").size() > 10);
}
