#include <sys/wait.h>

#include <algorithm>

#include "data_root.h"
#include "sys/process.h"

using namespace engine_test;

TEST_CASE("a lost database takes nothing along: it is refused, and volumes come back under their names") {
  if (!is_root()) return;
  const DataRoot root;
  root.make_image("base");
  {
    const auto engine = root.open();
    engine->create_volume(volume("precious"));
    sys::write_file_atomic(root.paths.volume("precious") + "/_data/file", "mine");
    engine->create_container(DataRoot::container("web", "base"));
  }
  for (const char* suffix : {"", "-wal", "-shm"}) ::unlink((root.paths.database() + suffix).c_str());
  for (int i = 0; i < 2; ++i) {  // the second time there is an empty file
    CHECK_THROWS_WITH(root.open(), Catch::Contains("1 containers and 1 image layers") &&
                                       Catch::Contains(root.paths.database()));
  }
  CHECK(exists(root.paths.volume("precious") + "/_data/file"));
  for (const char* name : {"/containers", "/layers", "/images"})
    sys::remove_tree(root.paths.data_root + name);
  const auto engine = root.open();
  engine->reconcile();
  engine->create_volume(volume("precious"));
  CHECK(sys::read_file(root.paths.volume("precious") + "/_data/file") == "mine");
}

TEST_CASE("the folder of a container without a record is removed, that of a volume never") {
  if (!is_root()) return;
  const DataRoot root;
  const auto engine = root.open();
  sys::make_dirs(root.paths.container(std::string(64, 'a')) + "/upper");
  sys::make_dirs(root.paths.volume("data") + "/_data");
  engine->reconcile();
  CHECK_FALSE(exists(root.paths.container(std::string(64, 'a'))));
  CHECK(exists(root.paths.volume("data") + "/_data"));
}

TEST_CASE("the run folder of a killed build's step is removed, that of a live one is left alone") {
  if (!is_root()) return;
  const DataRoot root;
  const auto engine = root.open();
  const std::string dead = root.paths.run_root + "/b/step-1-1-0123456789abcdef";
  const std::string live = root.paths.run_root + "/b/" + sys::own_name("step-");
  for (const std::string& path : {dead, live}) sys::make_dirs(path);
  engine->reconcile();
  CHECK_FALSE(exists(dead));
  CHECK(exists(live));
}

TEST_CASE("a container that removes itself goes when who made it died before starting it, and not before") {
  if (!is_root()) return;
  const DataRoot root;
  root.make_image("base");
  engine::ContainerConfig config = DataRoot::container("web", "base");
  config.auto_remove = true;
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    int code = 0;
    try {
      root.open()->create_container(config);
    } catch (const std::exception&) {
      code = 1;
    }
    ::_exit(code);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  REQUIRE(status == 0);
  const auto engine = root.open();
  config.name = "ours";
  engine->create_container(config);
  engine->create_container(DataRoot::container("plain", "base"));
  REQUIRE(engine->find_container("web"));
  engine->reconcile();
  CHECK_FALSE(engine->find_container("web"));
  CHECK(engine->find_container("ours"));
  CHECK(engine->find_container("plain"));
}

TEST_CASE(
    "a container whose making was cut short goes, with the volumes made for it and none that was there") {
  if (!is_root()) return;
  const DataRoot root;
  root.make_image("base");
  const auto engine = root.open();
  engine->create_volume(volume("named"));
  engine::ContainerConfig config = DataRoot::container("old", "base");
  config.mounts = {volume_at("/cache")};
  const std::string inherited = engine->create_container(config).mounts.at(0).volume;
  config.name = "web";
  config.mounts = {volume_at("/cache"), volume_at("/fresh"), volume_at("/data", "named")};
  config.inherited_volumes = {{"/cache", inherited}};
  const engine::ContainerInfo info = engine->create_container(config);
  engine->reconcile();
  REQUIRE(engine->find_container("web"));
  sys::make_dirs(root.paths.container(info.id) + "/making");  // what a maker removes last
  {
    const sys::FileLock making =
        sys::FileLock::acquire(root.paths.run_root + "/locks/c-" + info.id.substr(0, 12));
    engine->reconcile();
    CHECK(engine->find_container("web"));
  }
  engine->reconcile();
  CHECK_FALSE(engine->find_container("web"));
  CHECK(engine->find_container("old"));
  std::vector<std::string> names;
  for (const engine::VolumeInfo& left : engine->volumes()) names.push_back(left.name);
  std::sort(names.begin(), names.end());
  std::vector<std::string> expected = {inherited, "named"};
  std::sort(expected.begin(), expected.end());
  CHECK(names == expected);
}
