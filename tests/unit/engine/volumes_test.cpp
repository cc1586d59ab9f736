#include <atomic>
#include <thread>

#include "../small_disk.h"
#include "data_root.h"
#include "sys/process.h"

using namespace engine_test;
using engine::Error;

TEST_CASE("a create that fails keeps the anonymous volume it inherited and removes the one it made") {
  if (!is_root()) return;
  const DataRoot root;
  root.make_image("base");
  const auto engine = root.open();
  engine::ContainerConfig config = DataRoot::container("old", "base");
  config.mounts = {volume_at("/cache")};
  const engine::ContainerInfo old = engine->create_container(config);
  const std::string name = old.mounts.at(0).volume;
  sys::write_file_atomic(root.paths.volume(name) + "/_data/kept", "kept");
  engine->remove_container(old.id, false, false);

  config.inherited_volumes = {{"/cache", name}};
  config.mounts.push_back(volume_at("/data"));
  sys::remove_tree(root.paths.data_root + "/layers");  // nothing to fill /data from
  CHECK_THROWS(engine->create_container(config));
  CHECK(engine->containers("").empty());
  REQUIRE(engine->volumes().size() == 1);
  CHECK(engine->volumes()[0].name == name);
  CHECK(exists(root.paths.volume(name) + "/_data/kept"));
}

TEST_CASE("an image's volume is the one that is mounted there, however the path is spelt") {
  if (!is_root()) return;
  const DataRoot root;
  root.make_image("base", [](engine::ImageConfig& config) { config.volumes = {"/data/", "/other/./place"}; });
  const auto engine = root.open();
  engine->create_volume(volume("named"));
  engine::ContainerConfig config = DataRoot::container("web", "base");
  config.mounts = {volume_at("/data", "named")};
  const engine::ContainerInfo info = engine->create_container(config);
  REQUIRE(info.mounts.size() == 2);
  CHECK(info.mounts[0].target == "/data");
  CHECK(info.mounts[0].volume == "named");
  CHECK(info.mounts[1].target == "/other/place");

  config.name = "again";
  config.mounts = {volume_at("//data/.//", "named")};
  config.inherited_volumes = {{"/other/place/", info.mounts[1].volume}};
  const engine::ContainerInfo again = engine->create_container(config);
  REQUIRE(again.mounts.size() == 2);
  CHECK(again.mounts[0].volume == "named");
  CHECK(again.mounts[1].volume == info.mounts[1].volume);
}

TEST_CASE("mounts that are not absolute or have the same target are refused") {
  if (!is_root()) return;
  const DataRoot root;
  root.make_image("base");
  root.make_image("odd", [](engine::ImageConfig& config) { config.volumes = {"data"}; });
  const auto engine = root.open();
  engine::ContainerConfig config = DataRoot::container("web", "base");
  config.mounts = {volume_at("/data"), volume_at("/data/")};
  CHECK_THROWS_WITH(engine->create_container(config), Catch::Contains("two mounts have the target /data"));
  config.mounts = {volume_at("data")};
  CHECK_THROWS_WITH(engine->create_container(config), Catch::Contains("'data' is not absolute"));
  config = DataRoot::container("web", "odd");
  CHECK_THROWS_WITH(engine->create_container(config), Catch::Contains("'data' of image odd"));
}

TEST_CASE("a volume is either removed or used, whoever comes first") {
  if (!is_root()) return;
  const DataRoot root;
  root.make_image("base");
  const auto one = root.open(), other = root.open();
  for (int round = 0; round < 20; ++round) {
    one->create_volume(volume("data"));
    const std::string data = root.paths.volume("data") + "/_data";
    for (int i = 0; i < 50; ++i) sys::write_file_atomic(data + "/file" + std::to_string(i), "mine");
    std::atomic<bool> removed = false;
    std::thread remover([&] {
      try {
        other->remove_volume("data");
        removed = true;
      } catch (const Error& error) {
        if (error.kind() != Error::Kind::kConflict) throw;
      }
    });
    std::string id;
    try {
      engine::ContainerConfig config = DataRoot::container("web", "base");
      config.mounts = {volume_at("/data", "data")};
      id = one->create_container(config).id;
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the volume was gone already
    }
    remover.join();
    CHECK(id.empty() == removed);
    if (!removed) CHECK(exists(data + "/file49"));
    if (!id.empty()) one->remove_container(id, true, true);
    one->remove_volume("data");
    CHECK_FALSE(exists(root.paths.volume("data")));
  }
}

TEST_CASE("what a killed removal has set aside is removed later, what a live one has is left alone") {
  if (!is_root()) return;
  const DataRoot root;
  const auto engine = root.open();
  const std::string volumes = root.paths.data_root + "/volumes";
  const std::string dead = volumes + "/.removed-1-1-0123456789abcdef";
  const std::string live = volumes + '/' + sys::own_name(".removed-");
  for (const std::string& path : {dead, live}) sys::make_dirs(path + "/_data");
  engine->reconcile();
  CHECK_FALSE(exists(dead));
  CHECK(exists(live));
}

TEST_CASE("a volume for which there is no room is not half full, and what was to have it is not there") {
  if (!is_root()) return;
  const small_disk::SmallDisk disk("16m");
  const DataRoot root(disk.path);
  root.make_image("base", {}, [](const std::string& diff) {
    sys::write_file_atomic(diff + "/data/large", std::string(4 << 20, 'x'));
  });
  const auto engine = root.open();
  engine->create_volume(volume("data"));
  engine::ContainerConfig config = DataRoot::container("web", "base");
  config.mounts = {volume_at("/data", "data"), volume_at("/cache")};
  disk.fill(2 << 20);
  CHECK_THROWS_WITH(engine->create_container(config),
                    Catch::Contains("cannot fill volume data") && Catch::Contains("No space left"));
  CHECK(engine->containers("").empty());
  CHECK(engine->volumes().size() == 1);
  CHECK_FALSE(exists(root.paths.volume("data") + "/_filling"));
  CHECK_FALSE(exists(root.paths.volume("data") + "/_data/seed"));
  disk.make_room();
  engine->create_container(config);
  CHECK(exists(root.paths.volume("data") + "/_data/seed"));
  CHECK(exists(root.paths.volume("data") + "/_data/large"));
}

TEST_CASE("a volume is filled by the lender's image alone, and the later of two lenders counts") {
  if (!is_root()) return;
  const DataRoot root;
  root.make_image("base");
  root.make_image("bare", {}, [](const std::string& diff) { sys::remove_tree(diff + "/data"); });
  const auto engine = root.open();
  for (const char* name : {"one", "two"}) {
    engine->create_volume(volume(name));
    engine::ContainerConfig lender = DataRoot::container(std::string("of-") + name, "bare");
    lender.mounts = {volume_at("/data", name)};
    engine->create_container(lender);
  }
  engine::ContainerConfig config = DataRoot::container("web", "base");
  config.volumes_from = {{"of-one", false}, {"of-two", true}};
  const engine::ContainerInfo info = engine->create_container(config);
  REQUIRE(info.mounts.size() == 1);
  CHECK(info.mounts[0].volume == "two");
  CHECK(info.mounts[0].read_only);
  for (const char* name : {"one", "two"}) CHECK_FALSE(exists(root.paths.volume(name) + "/_data/seed"));
}
