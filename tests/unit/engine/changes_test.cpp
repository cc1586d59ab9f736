#include "written.h"

using engine_test::is_root;
using engine_test::Written;

TEST_CASE("a container that only was made has changed nothing") {
  if (!is_root()) return;
  CHECK(Written().changes().empty());
}

TEST_CASE("added, changed and deleted are told with the folders above, parents first") {
  if (!is_root()) return;
  const Written it;
  it.copy_up("/data");
  it.copy_up("/data/deep");
  it.file("/data/deep/file", "changed");
  it.file("/data/deep/new", "new");
  it.whiteout("/data/seed");
  it.whiteout("/gone");
  sys::make_dirs(it.upper + "/a/b");
  it.file("/a/b/c", "");
  CHECK(it.changes() ==
        "A /a\nA /a/b\nA /a/b/c\nC /data\nC /data/deep\nC /data/deep/file\nA /data/deep/new\nD /data/seed\nD "
        "/gone\n");
}

TEST_CASE("a folder that is only a way, or got another time, has not changed, one with another mode has") {
  if (!is_root()) return;
  const Written it;
  it.copy_up("/data");
  it.copy_up("/gone", 0700);
  CHECK(it.changes() == "C /gone\n");
  // The same goes for the layer.
  const std::string layer = it.layer_of(it.engine->commit_container(it.id, {}));
  CHECK_FALSE(engine_test::exists(layer + "/data"));
  CHECK(engine_test::exists(layer + "/gone"));
}

TEST_CASE("a folder made anew in the place of the image's hides what was below") {
  if (!is_root()) return;
  const Written it;
  it.copy_up("/data");
  it.opaque("/data");
  it.file("/data/seed", "other seed");
  CHECK(it.changes() == "C /data\nD /data/deep\nC /data/seed\n");
  const std::string layer = it.layer_of(it.engine->commit_container(it.id, {}));
  char value = 0;
  CHECK(::getxattr((layer + "/data").c_str(), engine::kOpaqueXattr, &value, 1) == 1);
}

TEST_CASE("a file in the place of a folder has changed, and what was in the folder is deleted") {
  if (!is_root()) return;
  const Written it;
  it.file("/gone", "a file now");
  CHECK(it.changes() == "C /gone\nD /gone/file\n");
}

TEST_CASE("a file that was copied up and is the same has not changed") {
  if (!is_root()) return;
  const Written it;
  it.copy_up("/gone");
  it.file("/gone/file", "old");
  struct stat below {};
  REQUIRE(::stat((it.layer_of(it.image) + "/gone/file").c_str(), &below) == 0);
  const timespec times[2] = {below.st_mtim, below.st_mtim};
  REQUIRE(::utimensat(AT_FDCWD, (it.upper + "/gone/file").c_str(), times, 0) == 0);
  CHECK(it.changes().empty());
  REQUIRE(::setxattr((it.upper + "/gone/file").c_str(), "security.capability",
                     "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, 0) == 0);
  CHECK(it.changes() == "C /gone\nC /gone/file\n");
}
