#include <sys/stat.h>

#include "data_root.h"

using namespace engine_test;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat status {};
  INFO(path);
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("what the engine keeps is closed to other users, also where an earlier version left it open") {
  const DataRoot root;
  const bool former = GENERATE(false, true);
  const std::string& data = root.paths.data_root;
  if (former) {
    for (const char* name : {"", "/containers", "/layers", "/volumes", "/tmp"})
      sys::make_dirs(data + name, 0711);
    sys::make_dirs(root.paths.run_root, 0711);
    sys::write_file_atomic(root.paths.database(), "", 0644);
  }
  const auto engine = root.open();
  for (const char* name : {"", "/containers", "/layers", "/volumes", "/tmp", "/images"})
    CHECK(mode_of(data + name) == 0700);
  for (const char* name : {"", "/c", "/n", "/locks"}) CHECK(mode_of(root.paths.run_root + name) == 0700);
  for (const char* suffix : {"", "-wal", "-shm"}) CHECK(mode_of(root.paths.database() + suffix) == 0600);
}

TEST_CASE("a data root that the user has made keeps its mode, and what is in it is closed all the same") {
  const DataRoot root;
  sys::make_dirs(root.paths.data_root, 0755);
  const auto engine = root.open();
  CHECK(mode_of(root.paths.data_root) == 0755);
  CHECK(mode_of(root.paths.data_root + "/layers") == 0700);
  CHECK(mode_of(root.paths.data_root + "/volumes") == 0700);
}
