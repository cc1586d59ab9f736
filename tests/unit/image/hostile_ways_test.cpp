// What a hostile layer does by each of the ways into the store: nothing.
#include <nlohmann/json.hpp>

#include "engine/image/digest.h"
#include "engine/image/image_load.h"
#include "hostile_layers.h"

using engine::Error;

namespace {

std::string sha(const std::string& bytes) {
  return "sha256:" + engine::sha256_hex(bytes);
}

std::string config_of(const std::string& diff_id) {
  return nlohmann::json{
      {"architecture", "amd64"}, {"os", "linux"}, {"rootfs", {{"type", "layers"}, {"diff_ids", {diff_id}}}}}
      .dump();
}

std::string docker_archive(const std::string& layer, const std::string& diff_id) {
  return TarMaker()
      .file("c.json", config_of(diff_id))
      .file("layer.tar", layer)
      .file("manifest.json", R"([{"Config":"c.json","RepoTags":["evil:1"],"Layers":["layer.tar"]}])")
      .bytes();
}

std::string layout(const std::string& layer, const std::string& diff_id) {
  TarMaker tar;
  tar.file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  const auto blob = [&](const std::string& type, const std::string& bytes) -> nlohmann::json {
    tar.file("blobs/sha256/" + engine::sha256_hex(bytes), bytes);
    return {
        {"mediaType", "application/vnd.oci.image." + type}, {"digest", sha(bytes)}, {"size", bytes.size()}};
  };
  const nlohmann::json config = blob("config.v1+json", config_of(diff_id));
  const nlohmann::json layers = nlohmann::json::array({blob("layer.v1.tar+gzip", layer)});
  const nlohmann::json manifest =
      blob("manifest.v1+json",
           nlohmann::json{{"schemaVersion", 2}, {"config", config}, {"layers", layers}}.dump());
  return tar
      .file("index.json",
            nlohmann::json{{"schemaVersion", 2}, {"manifests", nlohmann::json::array({manifest})}}.dump())
      .bytes();
}

std::string gzipped(const Scratch& scratch, const std::string& bytes) {
  sys::write_file_atomic(scratch / "plain", bytes);
  run({"gzip", "-nkf1", scratch / "plain"});
  return sys::read_file(scratch / "plain.gz");
}

// A store with an image in it, and a file outside that must stay as it is.
struct Place {
  Place() {
    sys::write_file_atomic(outside + "/canary", "alive", 0600);
    store.images.tag(store.image({store.layer("base", "1").diff_id}), "base");
  }
  void load(const std::string& archive) {
    sys::write_file_atomic(scratch / "in.tar", archive);
    const sys::Fd fd = sys::open(scratch / "in.tar", O_RDONLY);
    engine::load_images(store.images, fd.get(), "in.tar", {});
  }
  void check_unharmed() {
    CHECK(sys::read_file(outside + "/canary") == "alive");
    const struct stat status = stat_of(outside + "/canary");
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(status.st_nlink == 1);
    CHECK_FALSE(exists(outside + "/evil"));
    store.images.remove_stale_drafts();
    CHECK(store.count("images") == 1);
    CHECK(store.count("layers") == 1);
    CHECK(store.count("layer_blobs") == 0);
    const auto left = [](const std::string& folder) {
      size_t count = 0;
      const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
      while (const dirent* entry = ::readdir(dir.get())) count += entry->d_name[0] != '.' ? 1 : 0;
      return count;
    };
    CHECK(left(store.paths.build_tmp()) == 0);
    CHECK(left(store.paths.data_root + "/layers") == 1);
    CHECK(left(store.paths.blobs()) == 1);
  }

  Scratch scratch;
  std::string outside = scratch.folder("outside");
  Store store{scratch};
};

}  // namespace

TEST_CASE("a hostile layer is refused when it is loaded, plain or compressed, and when it is imported") {
  ROOT_ONLY();
  Place place;
  for (const HostileLayer& layer : hostile_layers(place.outside)) {
    INFO(layer.what);
    const std::string diff_id = sha(layer.tar), packed = gzipped(place.scratch, layer.tar);
    error_of(Error::Kind::kInvalid, [&] { place.load(docker_archive(layer.tar, diff_id)); });
    error_of(Error::Kind::kInvalid, [&] { place.load(docker_archive(packed, diff_id)); });
    error_of(Error::Kind::kInvalid, [&] { place.load(layout(layer.tar, diff_id)); });
    error_of(Error::Kind::kInvalid, [&] { place.load(layout(packed, diff_id)); });
    sys::write_file_atomic(place.scratch / "root.tar", layer.tar);
    error_of(Error::Kind::kInvalid, [&] { place.store.images.import(place.scratch / "root.tar", {}, ""); });
    place.check_unharmed();
  }
}

TEST_CASE("the archive of images itself may be no such thing either") {
  ROOT_ONLY();
  Place place;
  for (const HostileLayer& archive : hostile_layers(place.outside)) {
    INFO(archive.what);
    error_of(Error::Kind::kInvalid, [&] { place.load(archive.tar); });
    place.check_unharmed();
  }
}

TEST_CASE("a layer that is known by the digest of its compressed form is refused") {
  ROOT_ONLY();
  Place place;
  const std::string packed = gzipped(place.scratch, TarMaker().file("f", "x").bytes());
  error_of(Error::Kind::kInvalid, [&] { place.load(docker_archive(packed, sha(packed))); });
  error_of(Error::Kind::kInvalid, [&] { place.load(layout(packed, sha(packed))); });
  place.check_unharmed();
}

TEST_CASE("a configuration nested so deep that writing it again would need all the stack is refused") {
  ROOT_ONLY();
  Place place;
  const std::string tar = TarMaker().file("f", "x").bytes();
  std::string config = config_of(sha(tar));
  constexpr size_t kDeep = 1'000'000;
  config.insert(1, "\"config\":{\"X\":" + std::string(kDeep, '[') + std::string(kDeep, ']') + "},");
  const std::string archive =
      TarMaker()
          .file("c.json", config)
          .file("layer.tar", tar)
          .file("manifest.json", R"([{"Config":"c.json","RepoTags":null,"Layers":["layer.tar"]}])")
          .bytes();
  CHECK_THAT(error_of(Error::Kind::kInvalid, [&] { place.load(archive); }), Catch::Contains("nested"));
  place.check_unharmed();
}

TEST_CASE("a symbolic link that climbs above the root comes in as text and leads nowhere") {
  ROOT_ONLY();
  Place place;
  const std::string climbing = "../../../../../../../.." + place.outside;
  const std::string tar = TarMaker().symlink("s", climbing).folder("d/").symlink("d/s", "../../x").bytes();
  place.load(docker_archive(tar, sha(tar)));
  const auto image = place.store.images.find("evil:1");
  REQUIRE(image);
  char target[4096] = {};
  REQUIRE(::readlink((image->lower_dirs.front() + "/s").c_str(), target, sizeof target - 1) > 0);
  CHECK(target == climbing);
  sys::write_file_atomic(place.scratch / "root.tar", tar);
  place.store.images.import(place.scratch / "root.tar", {}, "");
  CHECK_FALSE(exists(place.outside + "/evil"));
}
