#include "engine/registry/pull.h"

#include <filesystem>

#include "../image/hostile_layers.h"
#include "fake_registry.h"

using Kind = engine::Error::Kind;
using State = engine::LayerEvent::State;
namespace media = engine::media;

namespace {

// Compresses badly, so that its blob is about as long.
std::string noise(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 12345;
  for (char& c : bytes) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return bytes;
}

std::string big_tar() {
  return TarMaker().file("big", noise(600'000)).bytes();
}

bool is_blob(const Ask& ask) {
  return ask.method == "GET" && ask.path.find("/blobs/") != std::string::npos;
}

}  // namespace

TEST_CASE("a pulled image has its layers in order, its own id, its tag and its digest") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  const std::string digest = registry.add_image(
      "a/b", "1",
      {TarMaker().file("one", "1").file("both", "low").bytes(), TarMaker().file("both", "high").bytes()});
  const engine::PullResult result = place.pull(registry.reference("a/b:1"));
  CHECK(result.digest == digest);
  CHECK(result.image_id == registry.last_image_id);
  CHECK(result.newer);
  CHECK(result.downloaded_bytes > 0);
  CHECK(place.file_of(result.reference, "both") == "high");
  CHECK(place.file_of(result.reference, "one") == "1");
  CHECK(place.store.images.find(registry.reference("a/b@" + digest))->id == result.image_id);
  CHECK(place.heard.count(State::kDone) == 2);
  CHECK_FALSE(place.left_drafts());

  SECTION("a second pull downloads nothing and says that nothing is newer") {
    const engine::PullResult again = place.pull(registry.reference("a/b:1"));
    CHECK_FALSE(again.newer);
    CHECK(again.downloaded_bytes == 0);
    CHECK(place.heard.count(State::kExists) == 2);
  }
  SECTION("a layer that another image brought is not downloaded again") {
    registry.add_image(
        "c", "1",
        {TarMaker().file("one", "1").file("both", "low").bytes(), TarMaker().file("other", "x").bytes()});
    const std::string shared = registry.last_manifest.layers[0].digest;
    place.pull(registry.reference("c:1"));
    CHECK(registry.sent(shared) == 1);
  }
  SECTION("its blob serves where the same layer stands on other layers") {
    registry.add_image("d", "1", {TarMaker().file("both", "high").bytes()});
    place.pull(registry.reference("d:1"));
    CHECK(registry.sent(registry.last_manifest.layers[0].digest) == 1);
    CHECK(place.file_of(registry.reference("d:1"), "both") == "high");
  }
}

TEST_CASE("a download that is cut in the middle goes on from there") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  registry.add_image("a", "1", {big_tar()});
  const std::string blob = registry.last_manifest.layers[0].digest;
  int cuts = 0;
  registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
    if (!is_blob(ask) || ask.path.find(blob) == std::string::npos || ++cuts > 1) return std::nullopt;
    Answer answer{200, {}, registry.blobs[blob]};
    answer.cut_after = 300'000;
    return answer;
  };
  SECTION("with a range") {
    const engine::PullResult result = place.pull(registry.reference("a:1"));
    CHECK(result.downloaded_bytes == static_cast<int64_t>(registry.blobs[blob].size()));
    CHECK(place.heard.count(State::kRetrying) == 1);
    bool ranged = false;
    for (const Ask& ask : registry.server.asked()) ranged = ranged || ask.header("range") == "bytes=300000-";
    CHECK(ranged);
  }
  SECTION("by skipping what is here where the server knows no ranges") {
    const auto cut = registry.instead;
    registry.instead = [&, cut](const Ask& ask) -> std::optional<Answer> {
      if (std::optional<Answer> answer = cut(ask)) return answer;
      if (is_blob(ask) && !ask.header("range").empty()) return Answer{200, {}, registry.blobs[blob]};
      return std::nullopt;
    };
    place.pull(registry.reference("a:1"));
    CHECK(place.file_of(registry.reference("a:1"), "big").size() == 600'000);
  }
}

TEST_CASE("a busy or broken registry is asked again, and no longer than sensible") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  registry.add_image("a", "1", {TarMaker().file("f", "x").bytes()});
  const int status = GENERATE(429, 500, 503, 0);
  int failures = 0, allowed = 2;
  registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
    if (ask.path == "/v2/" || failures >= allowed) return std::nullopt;
    ++failures;
    Answer answer{status, {"Retry-After: 0"}, ""};
    answer.slam = status == 0;
    return answer;
  };
  SECTION("until it answers") {
    CHECK(place.pull(registry.reference("a:1")).newer);
    CHECK(failures == 2);
  }
  SECTION("four times") {
    allowed = 1000;
    error_of(Kind::kUnavailable, [&] { place.pull(registry.reference("a:1")); });
    CHECK(failures == 4);
  }
}

TEST_CASE("what comes is not believed") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  registry.add_image("a", "1", {TarMaker().file("f", "x").bytes()});
  const engine::Manifest good = registry.last_manifest;
  const std::string layer = good.layers[0].digest;
  const auto message = [&] {
    return error_of(Kind::kInvalid, [&] { place.pull(registry.reference("a:1")); });
  };
  const auto put = [&](const engine::Manifest& manifest) {
    registry.add_manifest("a", "1", media::kOciManifest, manifest_json(manifest, false));
  };
  SECTION("a layer with other content") {
    registry.blobs[layer][30] ^= 1;
    CHECK(message().find("came with other content") != std::string::npos);
  }
  SECTION("a layer of another size") {
    registry.blobs[layer] += "more";
    CHECK(message().find("the manifest says") != std::string::npos);
  }
  SECTION("a layer of another size, sent without a length") {
    registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
      if (ask.path.find(layer) == std::string::npos) return std::nullopt;
      return Answer{
          200, {"Transfer-Encoding: chunked"}, "FFFF\r\n" + std::string(0xffff, 'x') + "\r\n0\r\n\r\n"};
    };
    CHECK(message().find("came than the") != std::string::npos);
  }
  SECTION("a layer that the configuration does not know") {
    engine::Manifest other = good;
    const std::string bytes = gzip(TarMaker().file("f", "y").bytes());
    other.layers[0].digest = registry.add_blob(bytes);
    other.layers[0].size = static_cast<int64_t>(bytes.size());
    put(other);
    CHECK(message().find("the image's configuration says") != std::string::npos);
  }
  SECTION("a layer too many") {
    engine::Manifest other = good;
    other.layers.push_back(other.layers[0]);
    put(other);
    CHECK(message().find("the manifest has 2 layers, the configuration 1") != std::string::npos);
  }
  SECTION("a layer that climbs out of its folder") {
    registry.add_image("a", "1", {TarMaker().file("../../escape", "x").bytes()});
    CHECK(message().find("escape") != std::string::npos);
  }
  SECTION("a layer that is cut off though its digest is right") {
    engine::Manifest other = good;
    const std::string bytes = registry.blobs[layer].substr(0, 40);
    other.layers[0].digest = registry.add_blob(bytes);
    other.layers[0].size = static_cast<int64_t>(bytes.size());
    put(other);
    CHECK(message().find("cut off") != std::string::npos);
  }
  SECTION("a configuration with other content") {
    registry.blobs[good.config.digest][20] ^= 1;
    CHECK(message().find("came with other content") != std::string::npos);
  }
  SECTION("a manifest that is not the one of its header") {
    registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
      if (ask.path.find("/manifests/") == std::string::npos) return std::nullopt;
      return Answer{
          200,
          {std::string("Content-Type: ") + media::kOciManifest, "Docker-Content-Digest: " + digest_of("?")},
          manifest_json(good, false)};
    };
    CHECK(message().find("is not the one it should be") != std::string::npos);
  }
  SECTION("a huge manifest") {
    registry.add_manifest("a", "1", media::kOciManifest, std::string(5 << 20, ' '));
    CHECK(message().find("longer than 4194304 bytes") != std::string::npos);
  }
  SECTION("a deep manifest") {
    registry.add_manifest("a", "1", media::kOciManifest, std::string(1 << 20, '['));
    CHECK(message().find("nested") != std::string::npos);
  }
  CHECK_FALSE(place.store.images.find(registry.reference("a:1")));
  CHECK_FALSE(place.left_drafts());
}

TEST_CASE("a hostile layer is refused when it is pulled") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  const Scratch scratch;
  const std::string outside = scratch.folder("outside");
  sys::write_file_atomic(outside + "/canary", "alive", 0600);
  for (const HostileLayer& layer : hostile_layers(outside)) {
    INFO(layer.what);
    registry.add_image("evil", "1", {layer.tar});
    error_of(Kind::kInvalid, [&] { place.pull(registry.reference("evil:1")); });
    CHECK(sys::read_file(outside + "/canary") == "alive");
    CHECK(stat_of(outside + "/canary").st_nlink == 1);
    CHECK_FALSE(exists(outside + "/evil"));
    CHECK_FALSE(place.store.images.find(registry.reference("evil:1")));
    CHECK_FALSE(place.left_drafts());
  }
}

TEST_CASE("a pull by digest takes nothing else") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  const std::string digest = registry.add_image("a", "1", {TarMaker().file("f", "x").bytes()});
  CHECK(place.pull(registry.reference("a@" + digest)).digest == digest);
  registry.add_image("a", "2", {TarMaker().file("f", "y").bytes()});
  registry.manifests["a:" + digest] = registry.manifests["a:2"];
  CHECK(error_of(Kind::kInvalid, [&] { place.pull(registry.reference("a@" + digest)); }).find(digest) !=
        std::string::npos);
}

TEST_CASE("of an index the image for the platform is taken, or it is said what there is") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  nlohmann::json index = {{"schemaVersion", 2}, {"manifests", nlohmann::json::array()}};
  std::map<std::string, std::string> ids;
  for (const std::string architecture : {"arm64", "amd64", "s390x"}) {
    const std::string digest =
        registry.add_image("a", architecture, {TarMaker().file("f", architecture).bytes()}, architecture);
    ids[architecture] = registry.last_image_id;
    index["manifests"].push_back({{"mediaType", media::kOciManifest},
                                  {"digest", digest},
                                  {"size", registry.manifests["a:" + digest].second.size()},
                                  {"platform", {{"os", "linux"}, {"architecture", architecture}}}});
  }
  const std::string digest = registry.add_manifest("a", "1", media::kOciIndex, index.dump());
  const engine::PullResult result = place.pull(registry.reference("a:1"), "linux/arm64");
  CHECK(result.image_id == ids["arm64"]);
  CHECK(result.digest == digest);
  CHECK(place.pull(registry.reference("a:1"), "linux/amd64").image_id == ids["amd64"]);
  const std::string none =
      error_of(Kind::kNotFound, [&] { place.pull(registry.reference("a:1"), "linux/riscv64"); });
  CHECK(none.find("linux/riscv64") != std::string::npos);
  CHECK(none.find("\"linux/amd64\", \"linux/arm64\", \"linux/s390x\"") != std::string::npos);
  CHECK(engine::registry::resolve_digest(place.registries, place.tuning, registry.reference("a:1")) ==
        digest);
}

TEST_CASE("a mirror is asked first, and the registry when the mirror does not know or lies") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry, mirror;
  const std::string tar = TarMaker().file("f", "x").bytes();
  registry.add_image("a", "1", {tar});
  sys::write_file_atomic(
      place.scratch / "registries.json",
      nlohmann::json({{"registries", {{registry.server.host(), {{"mirrors", {mirror.server.url()}}}}}}})
          .dump());
  place.registries =
      engine::registry::Registries::read(place.scratch / "registries.json", place.scratch / "none");
  const std::string blob = registry.last_manifest.layers[0].digest;
  SECTION("it knows") {
    mirror.add_image("a", "1", {tar});
    place.pull(registry.reference("a:1"));
    CHECK(registry.server.asked().empty());
  }
  SECTION("it does not know") {
    place.pull(registry.reference("a:1"));
    CHECK(registry.sent(blob) == 1);
    CHECK(place.heard.warnings.size() == 1);
  }
  SECTION("it lies") {
    mirror.add_image("a", "1", {tar});
    mirror.blobs[blob][30] ^= 1;
    place.pull(registry.reference("a:1"));
    CHECK(mirror.sent(blob) == 1);
    CHECK(registry.sent(blob) == 1);
  }
  CHECK(place.file_of(registry.reference("a:1"), "f") == "x");
}

TEST_CASE("a layer that the registry does not have comes from its URLs, as nobody") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  registry.add_image("a", "1", {TarMaker().file("f", "x").bytes()});
  engine::Manifest manifest = registry.last_manifest;
  const std::string bytes = registry.blobs[manifest.layers[0].digest];
  registry.blobs.erase(manifest.layers[0].digest);
  FakeServer elsewhere([&](const Ask&) { return Answer{200, {}, bytes}; });
  manifest.layers[0].urls = {elsewhere.url() + "/layer"};
  registry.add_manifest("a", "1", media::kOciManifest, manifest_json(manifest, false));
  place.pull(registry.reference("a:1"));
  CHECK(place.file_of(registry.reference("a:1"), "f") == "x");
  CHECK(elsewhere.asked("GET", "/layer").at(0).header("authorization").empty());
}

TEST_CASE("layers that a failed pull has fetched stay for the next attempt, until a prune") {
  ROOT_ONLY();
  Place place;
  place.tuning.layers_at_once = 1;
  FakeRegistry registry;
  registry.add_image("a", "1", {TarMaker().file("f", "x").bytes(), TarMaker().file("g", "y").bytes()});
  const std::string first = registry.last_manifest.layers[0].digest;
  const std::string second = registry.last_manifest.layers[1].digest;
  bool missing = true;
  registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
    if (missing && ask.path.find(second) != std::string::npos) return Answer{404, {}, ""};
    return std::nullopt;
  };
  error_of(Kind::kNotFound, [&] { place.pull(registry.reference("a:1")); });
  missing = false;
  const auto layers = [&] {
    return std::filesystem::directory_iterator(place.store.paths.data_root + "/layers");
  };
  const auto count = [&] { return std::distance(begin(layers()), end(layers())); };
  CHECK(count() == 1);
  place.store.images.remove_stale_drafts();  // of the next command
  SECTION("the next attempt") {
    place.pull(registry.reference("a:1"));
    CHECK(registry.sent(first) == 1);
    CHECK(registry.sent(second) == 2);
    place.store.images.remove(registry.reference("a:1"), false);
    CHECK(count() == 0);
  }
  SECTION("a prune") {
    CHECK(count() == 1);
    place.store.images.prune(false, [](const engine::ImageInfo&) { return false; });
    CHECK(count() == 0);
  }
}

TEST_CASE("a cancelled pull ends soon and leaves no drafts") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  registry.add_image("a", "1", {big_tar()});
  registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
    if (is_blob(ask)) place.heard.stop = true;
    return std::nullopt;
  };
  CHECK(error_of(Kind::kUnavailable, [&] { place.pull(registry.reference("a:1")); }).find("cancelled") !=
        std::string::npos);
  CHECK_FALSE(place.left_drafts());
}

TEST_CASE("two pulls of one image at once download each layer once") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  registry.add_image("a", "1", {big_tar(), TarMaker().file("f", "x").bytes()});
  Heard other;
  std::thread second([&] {
    engine::registry::pull(
        {place.store.images, place.blobs, place.store.paths, place.registries, place.tuning},
        {registry.reference("a:1"), ""}, other);
  });
  place.pull(registry.reference("a:1"));
  second.join();
  for (const engine::Descriptor& layer : registry.last_manifest.layers)
    CHECK(registry.sent(layer.digest) == 1);
}

TEST_CASE("zstd layers and layers without compression are unpacked") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  const std::string tar = big_tar();
  registry.add_image("a", "1", {tar});
  engine::Manifest manifest = registry.last_manifest;
  std::string bytes = tar;
  manifest.layers[0].media_type = media::kOciTar;
  if (GENERATE(true, false)) {
    sys::write_file_atomic(place.scratch / "layer.tar", tar);
    run({"zstd", "-q", place.scratch / "layer.tar"});
    bytes = sys::read_file(place.scratch / "layer.tar.zst");
    manifest.layers[0].media_type = media::kOciTarZstd;
  }
  manifest.layers[0].digest = registry.add_blob(bytes);
  manifest.layers[0].size = static_cast<int64_t>(bytes.size());
  registry.add_manifest("a", "1", media::kOciManifest, manifest_json(manifest, false));
  place.pull(registry.reference("a:1"));
  CHECK(place.file_of(registry.reference("a:1"), "big") == noise(600'000));
}
