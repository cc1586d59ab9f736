// Images into archives and out of them again.
#include "engine/image/image_load.h"
#include "engine/image/image_save.h"

#include <nlohmann/json.hpp>

#include "engine/image/digest.h"
#include "engine/image/layer_blobs.h"
#include "engine/image/manifest.h"
#include "scratch.h"

using engine::Error;

namespace {

std::string save(Store& store, const std::vector<std::string>& names) {
  std::string bytes;
  engine::save_images(store.images, engine::images_to_save(store.images, names),
                      [&](const char* data, size_t size) { bytes.append(data, size); });
  return bytes;
}

std::vector<engine::LoadedImage> load(Store& store, const std::string& path,
                                      const engine::LoadOptions& options = {}) {
  return engine::load_images(store.images, sys::open(path, O_RDONLY).get(), path, options);
}

std::vector<engine::LoadedImage> load_bytes(Store& store, const Scratch& scratch, const std::string& bytes,
                                            const engine::LoadOptions& options = {}) {
  sys::write_file_atomic(scratch / "in.tar", bytes);
  return load(store, scratch / "in.tar", options);
}

size_t entries(const std::string& folder) {
  size_t count = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) count += entry->d_name[0] != '.' ? 1 : 0;
  return count;
}

void check_empty(Store& store) {
  CHECK(store.count("images") == 0);
  CHECK(store.count("layers") == 0);
  CHECK(store.count("layer_blobs") == 0);
  CHECK(entries(store.paths.build_tmp()) == 0);
  CHECK(entries(store.paths.blobs()) == 0);
  CHECK(entries(store.paths.data_root + "/layers") == 0);
}

// Two images that share their bottom layer; "app" has two names.
void fill(Store& store) {
  const auto base = store.layer("base", "1"), top = store.layer("top", "2", base.chain_id);
  const std::string app = store.image({base.diff_id, top.diff_id}, "app");
  store.images.tag(store.image({base.diff_id}, "base"), "base");
  store.images.tag(app, "app:1");
  store.images.tag(app, "registry.example/team/app:2");
}

std::string sha(const std::string& bytes) {
  return "sha256:" + engine::sha256_hex(bytes);
}

std::string layer_tar(const std::string& name = "f") {
  return TarMaker().file(name, "content of " + name).bytes();
}

std::string config_json(const std::vector<std::string>& diff_ids, const std::string& os = "linux") {
  return nlohmann::json{{"architecture", "amd64"},
                        {"os", os},
                        {"container_config", {{"Hostname", "odd member that must stay"}}},
                        {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}}}
      .dump();
}

// A docker-archive as docker 20.10 writes it, of one image.
struct DockerArchive {
  std::vector<std::string> layers{layer_tar()};
  std::string config, config_name, names = R"(["legacy:1"])";

  DockerArchive() { describe(); }
  void describe() {
    std::vector<std::string> diff_ids;
    for (const std::string& layer : layers) diff_ids.push_back(sha(layer));
    config = config_json(diff_ids);
    config_name = engine::sha256_hex(config) + ".json";
  }
  std::string bytes() const {
    TarMaker tar;
    nlohmann::json paths = nlohmann::json::array();
    for (size_t i = 0; i < layers.size(); ++i) {
      const std::string folder(64, static_cast<char>('a' + i));
      tar.folder(folder + '/').file(folder + "/VERSION", "1.0").file(folder + "/layer.tar", layers[i]);
      paths.push_back(folder + "/layer.tar");
    }
    tar.file(config_name, config);
    tar.file("manifest.json", R"([{"Config":")" + config_name + R"(","RepoTags":)" + names + R"(,"Layers":)" +
                                  paths.dump() + "}]");
    return tar.bytes();
  }
};

// An OCI layout, made piece by piece.
struct LayoutMaker {
  TarMaker tar;
  nlohmann::json manifests = nlohmann::json::array();

  LayoutMaker() { tar.file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})"); }
  nlohmann::json blob(const std::string& type, const std::string& bytes) {
    tar.file("blobs/sha256/" + engine::sha256_hex(bytes), bytes);
    return {{"mediaType", type}, {"digest", sha(bytes)}, {"size", bytes.size()}};
  }
  nlohmann::json manifest(const std::string& config, const std::vector<std::string>& layers) {
    nlohmann::json root{{"schemaVersion", 2}, {"layers", nlohmann::json::array()}};
    root["config"] = blob(engine::media::kOciConfig, config);
    for (const std::string& layer : layers) root["layers"].push_back(blob(engine::media::kOciTarGzip, layer));
    return blob(engine::media::kOciManifest, root.dump());
  }
  std::string bytes() {
    return TarMaker(tar)
        .file("index.json", nlohmann::json{{"schemaVersion", 2}, {"manifests", manifests}}.dump())
        .bytes();
  }
};

std::string compressed(const Scratch& scratch, const std::string& bytes, const std::string& program) {
  sys::write_file_atomic(scratch / "plain", bytes);
  run({program, "-q", "-k", "-f", scratch / "plain"});
  return sys::read_file(scratch / ("plain" + std::string(program == "gzip"   ? ".gz"
                                                         : program == "zstd" ? ".zst"
                                                         : program == "xz"   ? ".xz"
                                                                             : ".bz2")));
}

}  // namespace

TEST_CASE("what is saved loads again with the same ids, names and layers") {
  ROOT_ONLY();
  const Scratch scratch, other;
  Store store(scratch), into(other);
  fill(store);
  const std::string archive = save(store, {"app:1", "base", "registry.example/team/app:2"});
  CHECK(save(store, {"app:1", "base", "registry.example/team/app:2"}) == archive);
  const auto loaded = load_bytes(into, other, archive);
  CHECK(loaded.size() == 2);
  for (const char* name : {"app:1", "base:latest", "registry.example/team/app:2"}) {
    const auto before = store.images.find(name), after = into.images.find(name);
    REQUIRE(after);
    CHECK(after->id == before->id);
    CHECK(after->chain_ids == before->chain_ids);
    CHECK(tar_of(after->lower_dirs[0]) == tar_of(before->lower_dirs[0]));
  }
  CHECK(into.count("layers") == 2);
  CHECK(entries(into.paths.build_tmp()) == 0);
  CHECK(into.count("layer_blobs") == 0);  // they can be made again
  // And out again, to the byte.
  CHECK(save(into, {"app:1", "base", "registry.example/team/app:2"}) == archive);
}

TEST_CASE("saving a repository saves all its tags, an id none") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  fill(store);
  const std::string id = store.images.find("app:1")->id;
  store.images.tag(id, "app:3");
  auto images = engine::images_to_save(store.images, {"app"});
  REQUIRE(images.size() == 1);
  CHECK(images[0].references ==
        std::vector<std::string>{"docker.io/library/app:1", "docker.io/library/app:3"});
  images = engine::images_to_save(store.images, {id, id.substr(7, 12)});
  REQUIRE(images.size() == 1);
  CHECK(images[0].references.empty());
  CHECK_THAT(error_of(Error::Kind::kNotFound,
                      [&] {
                        engine::images_to_save(store.images, {"app:1", "no"});
                      }),
             Catch::Contains("no such image: no"));
}

TEST_CASE("a layer that was changed on disk is not saved as if it were whole") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  fill(store);
  sys::write_file_atomic(store.images.find("base")->lower_dirs[0] + "/base", "9");
  CHECK_THAT(error_of(Error::Kind::kUnavailable, [&] { save(store, {"base"}); }),
             Catch::Contains("has been changed"));
}

TEST_CASE("an archive of docker 20.10 keeps its image's id") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const DockerArchive archive;
  const auto loaded = load_bytes(store, scratch, archive.bytes());
  REQUIRE(loaded.size() == 1);
  CHECK(loaded[0].id == sha(archive.config));
  CHECK(loaded[0].references == std::vector<std::string>{"docker.io/library/legacy:1"});
  const auto image = store.images.find("legacy:1");
  REQUIRE(image);
  CHECK(store.images.config_json(image->id) == archive.config);
  CHECK(sys::read_file(image->lower_dirs[0] + "/f") == "content of f");
}

TEST_CASE("layers that an archive has as links to one another are found") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const std::string layer = layer_tar(), config = config_json({sha(layer), sha(layer), sha(layer)});
  const std::string bytes =
      TarMaker()
          .symlink("b/layer.tar", "../a/layer.tar")
          .file("a/layer.tar", layer)
          .hardlink("c/layer.tar", "a/layer.tar")
          .file("c.json", config)
          .file("manifest.json",
                R"([{"Config":"c.json","Layers":["a/layer.tar","b/layer.tar","c/layer.tar"]}])")
          .bytes();
  const auto loaded = load_bytes(store, scratch, bytes);
  REQUIRE(loaded.size() == 1);
  CHECK(loaded[0].references.empty());
  CHECK(store.count("layers") == 3);
}

TEST_CASE("the archive and its layers may be compressed in any of the usual ways") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  DockerArchive archive;
  const std::string plain = archive.layers[0];
  const std::string program = GENERATE("gzip", "zstd", "xz", "bzip2");
  INFO(program);
  SECTION("the archive") {
    load_bytes(store, scratch, compressed(scratch, archive.bytes(), program));
  }
  SECTION("a layer in it") {
    archive.layers[0] = compressed(scratch, plain, program);
    load_bytes(store, scratch, archive.bytes());
  }
  const auto image = store.images.find("legacy:1");
  REQUIRE(image);
  std::string tar;
  store.images.blobs().write_tar(*store.images.find_layer(image->chain_ids[0]),
                                 [&](const char* data, size_t size) { tar.append(data, size); });
  CHECK(tar == plain);
}

TEST_CASE("of several platforms under one name ours is taken") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  LayoutMaker layout;
  const auto host = engine::host_platform();
  nlohmann::json index{{"schemaVersion", 2}, {"manifests", nlohmann::json::array()}};
  for (const std::string& architecture : {std::string("s390x"), host.architecture}) {
    const std::string tar = layer_tar(architecture);
    auto manifest = layout.manifest(config_json({sha(tar)}), {tar});
    manifest["platform"] = {{"os", "linux"}, {"architecture", architecture}};
    index["manifests"].push_back(manifest);
  }
  SECTION("in an index of its own") {
    auto nested = layout.blob(engine::media::kOciIndex, index.dump());
    nested["annotations"] = {{"io.containerd.image.name", "docker.io/library/multi:1"}};
    layout.manifests.push_back(nested);
  }
  SECTION("side by side") {
    for (auto manifest : index["manifests"]) {
      manifest["annotations"] = {{"org.opencontainers.image.ref.name", "multi:1"}};
      layout.manifests.push_back(manifest);
    }
  }
  const auto loaded = load_bytes(store, scratch, layout.bytes());
  REQUIRE(loaded.size() == 1);
  CHECK(exists(store.images.find("multi:1")->lower_dirs[0] + '/' + host.architecture));
}

TEST_CASE("when none is for us, those that are there are told") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  LayoutMaker layout;
  const std::string tar = layer_tar();
  for (const char* architecture : {"s390x", "ppc64le"}) {
    auto manifest =
        layout.manifest(config_json({sha(tar)}) + std::string(architecture[0] == 's' ? 1 : 2, ' '), {});
    manifest["platform"] = {{"os", "linux"}, {"architecture", architecture}};
    manifest["annotations"] = {{"io.containerd.image.name", "docker.io/library/multi:1"}};
    layout.manifests.push_back(manifest);
  }
  CHECK_THAT(error_of(Error::Kind::kInvalid, [&] { load_bytes(store, scratch, layout.bytes()); }),
             Catch::Contains("linux/s390x, linux/ppc64le"));
  check_empty(store);
}

TEST_CASE("an image layout in a folder loads too, and the folder stays as it is") {
  ROOT_ONLY();
  const Scratch scratch, other;
  Store store(scratch), into(other);
  fill(store);
  sys::write_file_atomic(scratch / "x.tar", save(store, {"app:1"}));
  run({"tar", "-xf", scratch / "x.tar", "-C", other.folder("layout")});
  const auto loaded = engine::load_images_from_folder(into.images, other / "layout", {});
  REQUIRE(loaded.size() == 1);
  CHECK(loaded[0].id == store.images.find("app:1")->id);
  CHECK(engine::load_images_from_folder(into.images, other / "layout", {}).size() == 1);
}

TEST_CASE("a name that another image had is told to have moved") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const std::string old = store.image({store.layer("old", "1").diff_id});
  store.images.tag(old, "legacy:1");
  const auto loaded = load_bytes(store, scratch, DockerArchive().bytes());
  REQUIRE(loaded.at(0).renamed.size() == 1);
  CHECK(loaded[0].renamed[0].reference == "docker.io/library/legacy:1");
  CHECK(loaded[0].renamed[0].old_id == old);
  CHECK(load_bytes(store, scratch, DockerArchive().bytes()).at(0).renamed.empty());
}

TEST_CASE("an archive that is wrong in any way is refused by name and leaves nothing") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  DockerArchive docker;
  const auto refused = [&](const std::string& bytes) {
    return error_of(Error::Kind::kInvalid, [&] { load_bytes(store, scratch, bytes); });
  };
  SECTION("it is no archive") {
    CHECK_THAT(refused("hello"), Catch::Contains("in.tar"));
  }
  SECTION("it is empty") {
    refused("");
  }
  SECTION("it is cut off") {
    const std::string whole = docker.bytes();
    for (size_t size = 100; size < whole.size() - 2048; size += 333) refused(whole.substr(0, size));
  }
  SECTION("it holds no images") {
    CHECK_THAT(refused(TarMaker().file("etc/passwd", "x").bytes()), Catch::Contains("image import"));
  }
  SECTION("names and links that lead outside") {
    CHECK_THAT(refused(TarMaker().file("../manifest.json", "[]").bytes()), Catch::Contains(".."));
    CHECK_THAT(refused(TarMaker().file("/manifest.json", "[]").bytes()), Catch::Contains("absolute"));
    CHECK_THAT(refused(TarMaker().symlink("manifest.json", "/etc/passwd").bytes()),
               Catch::Contains("out of the archive"));
    CHECK_THAT(refused(TarMaker().symlink("a/manifest.json", "../../etc/passwd").bytes()),
               Catch::Contains("out of the archive"));
    CHECK_THAT(refused(TarMaker().hardlink("manifest.json", "../etc/passwd").bytes()), Catch::Contains(".."));
  }
  SECTION("links that lead in a circle") {
    CHECK_THAT(refused(TarMaker().symlink("manifest.json", "b").symlink("b", "manifest.json").bytes()),
               Catch::Contains("links"));
  }
  SECTION("a device") {
    CHECK_THAT(
        refused(TarMaker().typed("manifest.json", engine::TarEntry::Type::kCharDevice, "", 1, 3).bytes()),
        Catch::Contains("only files"));
  }
  SECTION("a name that comes twice") {
    CHECK_THAT(refused(TarMaker().file("manifest.json", "[]").file("manifest.json", "[]").bytes()),
               Catch::Contains("twice"));
  }
  SECTION("a manifest that points outside") {
    CHECK_THAT(refused(TarMaker().file("manifest.json", R"([{"Config":"../../etc/passwd"}])").bytes()),
               Catch::Contains(".."));
  }
  SECTION("a layer that is missing") {
    CHECK_THAT(refused(TarMaker()
                           .file("c.json", config_json({sha("")}))
                           .file("manifest.json", R"([{"Config":"c.json","Layers":["a/layer.tar"]}])")
                           .bytes()),
               Catch::Contains("a/layer.tar\" is missing"));
  }
  SECTION("more layers than the configuration tells of") {
    docker.config = config_json({});
    docker.config_name = "c.json";
    CHECK_THAT(refused(docker.bytes()), Catch::Contains("1 layers"));
  }
  SECTION("a configuration that is not what its name says") {
    docker.config_name = std::string(64, '0') + ".json";
    CHECK_THAT(refused(docker.bytes()), Catch::Contains("has the digest"));
  }
  SECTION("a second layer that is damaged: the first goes too") {
    docker.layers = {layer_tar("a"), layer_tar("b")};
    docker.describe();
    docker.layers[1] = layer_tar("c");
    CHECK_THAT(refused(docker.bytes()), Catch::Contains("is damaged"));
  }
  SECTION("a compressed layer of other content") {
    docker.layers[0] = compressed(scratch, layer_tar("evil"), GENERATE("gzip", "xz"));
    CHECK_THAT(refused(docker.bytes()), Catch::Contains("is damaged"));
  }
  SECTION("an entry of a layer that leads outside") {
    docker.layers = {layer_tar("a"), TarMaker().file("../evil", "x").bytes()};
    docker.describe();
    CHECK_THAT(refused(docker.bytes()), Catch::Contains("evil"));
  }
  SECTION("an image of another system") {
    docker.config = config_json({sha(docker.layers[0])}, "windows");
    docker.config_name = "c.json";
    CHECK_THAT(refused(docker.bytes()), Catch::Contains("windows"));
  }
  SECTION("a name that can be none") {
    docker.names = R"(["UPPER:1"])";
    refused(docker.bytes());
  }
  SECTION("a configuration that is too large") {
    docker.config += std::string(9 << 20, ' ');
    docker.config_name = "c.json";
    CHECK_THAT(refused(docker.bytes()), Catch::Contains("larger"));
  }
  check_empty(store);
}

TEST_CASE("an image layout whose blobs are not what it says is refused and leaves nothing") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  LayoutMaker layout;
  const std::string tar = layer_tar();
  const auto refused = [&] {
    return error_of(Error::Kind::kInvalid, [&] { load_bytes(store, scratch, layout.bytes()); });
  };
  SECTION("a blob of another digest") {
    const std::string manifest = R"({"schemaVersion":2})", hex(64, 'b');
    layout.tar.file("blobs/sha256/" + hex, manifest);
    layout.manifests.push_back(
        {{"mediaType", engine::media::kOciManifest}, {"digest", "sha256:" + hex}, {"size", manifest.size()}});
    CHECK_THAT(refused(), Catch::Contains("is damaged: its digest is"));
  }
  SECTION("a blob of another size") {
    auto manifest = layout.manifest(config_json({sha(tar)}), {tar});
    manifest["size"] = 5;
    layout.manifests.push_back(manifest);
    CHECK_THAT(refused(), Catch::Contains("bytes; the archive tells of 5"));
  }
  SECTION("a blob that is not there") {
    layout.manifests.push_back(
        {{"mediaType", engine::media::kOciManifest}, {"digest", sha("nothing")}, {"size", 7}});
    CHECK_THAT(refused(), Catch::Contains("is missing"));
  }
  SECTION("no images at all") {
    CHECK_THAT(refused(), Catch::Contains("no images"));
  }
  SECTION("indexes without an end") {
    nlohmann::json index{{"schemaVersion", 2}, {"manifests", nlohmann::json::array()}};
    for (int depth = 0; depth < 10; ++depth) {
      const auto descriptor = layout.blob(engine::media::kOciIndex, index.dump());
      index["manifests"] = nlohmann::json::array({descriptor});
    }
    layout.manifests = index["manifests"];
    refused();
  }
  check_empty(store);
}

TEST_CASE("a bomb is seen before the disk is full") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  DockerArchive docker;
  docker.layers[0] = TarMaker().file("zeros", std::string(8 << 20, '\0')).bytes();
  docker.describe();
  engine::LoadOptions options;
  options.limits.slack_bytes = 1 << 20;
  options.limits.ratio = 50;
  SECTION("in the archive's compression") {
    const std::string bytes = compressed(scratch, docker.bytes(), "xz");
    CHECK_THAT(error_of(Error::Kind::kInvalid, [&] { load_bytes(store, scratch, bytes, options); }),
               Catch::Contains("bomb"));
  }
  SECTION("in a layer's") {
    docker.layers[0] = compressed(scratch, docker.layers[0], GENERATE("gzip", "xz"));
    CHECK_THAT(error_of(Error::Kind::kInvalid, [&] { load_bytes(store, scratch, docker.bytes(), options); }),
               Catch::Contains("bomb"));
  }
  check_empty(store);
}

TEST_CASE("a platform asked for is taken or refused") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  LayoutMaker layout;
  const std::string tar = layer_tar();
  auto manifest = layout.manifest(config_json({sha(tar)}), {tar});
  manifest["platform"] = {{"os", "linux"}, {"architecture", "s390x"}};
  layout.manifests.push_back(manifest);
  engine::LoadOptions options;
  options.strict = true;
  error_of(Error::Kind::kInvalid, [&] { load_bytes(store, scratch, layout.bytes(), options); });
  check_empty(store);
  CHECK(load_bytes(store, scratch, layout.bytes()).size() == 1);
}
