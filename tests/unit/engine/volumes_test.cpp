#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <thread>

#include "data_root.h"
#include "sys/fd.h"

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
