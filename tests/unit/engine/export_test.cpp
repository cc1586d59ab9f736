#include "engine/root_tar.h"

#include <algorithm>

#include "written.h"

using engine_test::is_root;
using engine_test::Written;

namespace {

std::string exported(const Written& it) {
  std::string tar;
  it.engine->export_container(it.id, [&](const char* data, size_t size) { tar.append(data, size); });
  return tar;
}

// The archive unpacked again by the store's own reader, below the test's folder.
std::string unpacked(const Written& it, const std::string& tar) {
  const std::string archive = it.root.folder + "/export.tar", folder = it.root.folder + "/unpacked";
  sys::write_file_atomic(archive, tar);
  sys::make_dirs(folder);
  engine::unpack_archive(archive, folder, false);
  return folder;
}

}  // namespace

TEST_CASE("an export is the image under what the container wrote, without what it removed") {
  if (!is_root()) return;
  const Written it;
  it.copy_up("/data");
  it.whiteout("/data/seed");
  it.file("/data/new", "new");
  sys::check(::link((it.upper + "/data/new").c_str(), (it.upper + "/twin").c_str()), "link");
  REQUIRE(::setxattr((it.upper + "/twin").c_str(), "user.note", "kept", 4, 0) == 0);
  REQUIRE(::mkfifo((it.upper + "/fifo").c_str(), 0640) == 0);
  REQUIRE(::symlink("/etc/passwd", (it.upper + "/link").c_str()) == 0);
  it.file("/a\nb \xff", "odd name");
  const std::string folder = unpacked(it, exported(it));
  CHECK_FALSE(engine_test::exists(folder + "/data/seed"));
  CHECK(sys::read_file(folder + "/data/deep/file") == "old");
  CHECK(sys::read_file(folder + "/data/new") == "new");
  CHECK(sys::read_file(folder + "/etc/passwd") == "root:x:0:0::/:/sh\n");
  CHECK(sys::read_file(folder + "/a\nb \xff") == "odd name");
  struct stat one {
  }, two{}, fifo{};
  REQUIRE(::stat((folder + "/data/new").c_str(), &one) == 0);
  REQUIRE(::stat((folder + "/twin").c_str(), &two) == 0);
  REQUIRE(::lstat((folder + "/fifo").c_str(), &fifo) == 0);
  CHECK(one.st_ino == two.st_ino);
  CHECK(S_ISFIFO(fifo.st_mode));
  char value[8];
  CHECK(::getxattr((folder + "/data/new").c_str(), "user.note", value, sizeof value) == 4);
}

TEST_CASE("an image made from an export, exported again, gives the same bytes") {
  if (!is_root()) return;
  const Written it;
  it.copy_up("/data");
  it.whiteout("/data/seed");
  it.file("/new", std::string(100'000, 'x'));
  const std::string first = exported(it);
  const std::string archive = it.root.folder + "/export.tar";
  sys::write_file_atomic(archive, first);
  it.engine->import_image({archive, "", "again:1", {}, ""});
  const std::string id = it.engine->create_container(engine_test::DataRoot::container("again", "again:1")).id;
  std::string second;
  it.engine->export_container(id, [&](const char* data, size_t size) { second.append(data, size); });
  CHECK(first == second);
}

TEST_CASE("a root folder that is not as usual is in the archive") {
  if (!is_root()) return;
  const Written it;
  CHECK(exported(it).compare(0, 5, "data/") == 0);
  REQUIRE(::chmod(it.upper.c_str(), 0711) == 0);
  CHECK(exported(it).compare(0, 2, "./") == 0);
}

TEST_CASE("a file that shrinks while it is read is filled up and named, and the archive stays whole") {
  if (!is_root()) return;
  const Written it;
  it.file("/a", std::string(4 << 20, 'a'));
  it.file("/b", "after it");
  std::string tar;
  const auto shrunk = it.engine->export_container(it.id, [&](const char* data, size_t size) {
    tar.append(data, size);
    if (tar.size() > 1 << 20) REQUIRE(::truncate((it.upper + "/a").c_str(), 0) == 0);
  });
  CHECK(shrunk == std::vector<std::string>{"/a"});
  const std::string folder = unpacked(it, tar);
  CHECK(sys::read_file(folder + "/a").size() == 4 << 20);
  CHECK(sys::read_file(folder + "/b") == "after it");
}

TEST_CASE("an export of a container that is removed meanwhile fails instead of ending short") {
  if (!is_root()) return;
  const Written it;
  it.file("/a", std::string(1 << 20, 'a'));
  bool removed = false;
  const auto export_it = [&] {
    it.engine->export_container(it.id, [&](const char*, size_t) {
      if (!removed) it.engine->remove_container(it.id, false, false);
      removed = true;
    });
  };
  CHECK_THROWS_WITH(export_it(), Catch::Contains("was removed while it was exported"));
}

TEST_CASE("what the receiver of an export throws ends it") {
  if (!is_root()) return;
  const Written it;
  const auto full = [](const char*, size_t) { throw sys::Error(ENOSPC, "write", "disk"); };
  CHECK_THROWS_WITH(it.engine->export_container(it.id, full), Catch::Contains("No space left"));
}
