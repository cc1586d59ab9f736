#include "data_root.h"

using namespace engine_test;

TEST_CASE("an image that a container uses loses its names only") {
  if (!is_root()) return;
  const DataRoot root;
  const std::string id = root.make_image("base");
  root.make_image("second");
  const auto engine = root.open();
  engine->create_container(DataRoot::container("web", "base"));
  CHECK(engine->remove_image("second", false).size() == 1);
  CHECK_THROWS_WITH(engine->remove_image("base", false), Catch::Contains("is used by container web"));
  CHECK(engine->remove_image("base", true).size() == 1);
  CHECK(engine->find_image(id));
  engine->remove_container("web", true, true);
  engine->remove_image(id, false);
  CHECK(engine->images().empty());
}

TEST_CASE("an image whose configuration is damaged can be removed") {
  if (!is_root()) return;
  const DataRoot root;
  const std::string id = root.make_image("base");
  sys::write_file_atomic(root.paths.blobs() + '/' + id.substr(7), "damaged");
  const auto engine = root.open();
  engine->remove_image("base", false);
  CHECK(engine->images().empty());
}
