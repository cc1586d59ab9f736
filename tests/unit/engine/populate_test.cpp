#include "engine/volume/populate.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "folder.h"
#include "sys/file.h"

using engine_test::Folder;

namespace {

bool skip_without_root() {
  if (::geteuid() == 0) return false;
  std::cout << "SKIPPED-ROOT-ONLY: overlay mounts need root\n";
  return true;
}

}  // namespace

TEST_CASE("a folder is copied from the merged layers with owners, modes and links") {
  if (skip_without_root()) return;
  const Folder folder;
  const std::string lower = folder.path + "/lower", upper = folder.path + "/upper", to = folder.path + "/to";
  sys::make_dirs(lower + "/data/sub");
  sys::make_dirs(upper + "/data");
  sys::make_dirs(to);
  std::ofstream(lower + "/data/below") << "below";
  std::ofstream(lower + "/data/hidden") << "hidden";
  std::ofstream(upper + "/data/above") << "above";
  REQUIRE(::mknod((upper + "/data/hidden").c_str(), S_IFCHR, 0) == 0);  // overlay's whiteout
  REQUIRE(::symlink("below", (lower + "/data/link").c_str()) == 0);
  REQUIRE(::link((lower + "/data/below").c_str(), (lower + "/data/twin").c_str()) == 0);
  REQUIRE(::chown((lower + "/data/below").c_str(), 42, 43) == 0);
  REQUIRE(::chmod((lower + "/data/below").c_str(), 0640) == 0);
  REQUIRE(::chown((upper + "/data").c_str(), 7, 8) == 0);
  REQUIRE(::chmod((upper + "/data").c_str(), 0750) == 0);

  const sys::Fd root = engine::merged_view({upper, lower});
  engine::copy_folder(root, "/data", to);

  CHECK(sys::read_file(to + "/below") == "below");
  CHECK(sys::read_file(to + "/above") == "above");
  CHECK(::access((to + "/hidden").c_str(), F_OK) != 0);
  struct stat status {};
  REQUIRE(::stat((to + "/below").c_str(), &status) == 0);
  CHECK(status.st_uid == 42);
  CHECK(status.st_gid == 43);
  CHECK((status.st_mode & 07777) == 0640);
  CHECK(status.st_nlink == 2);
  REQUIRE(::stat(to.c_str(), &status) == 0);
  CHECK(status.st_uid == 7);
  CHECK((status.st_mode & 07777) == 0750);
  REQUIRE(::lstat((to + "/link").c_str(), &status) == 0);
  CHECK(S_ISLNK(status.st_mode));
}

TEST_CASE("a symlink of the image that points out of it does not lead to the host's files") {
  if (skip_without_root()) return;
  const Folder folder;
  const std::string lower = folder.path + "/lower", to = folder.path + "/to",
                    secret = folder.path + "/secret";
  sys::make_dirs(lower);
  sys::make_dirs(to);
  sys::make_dirs(secret);
  std::ofstream(secret + "/file") << "host";
  REQUIRE(::symlink(secret.c_str(), (lower + "/data").c_str()) == 0);
  const sys::Fd root = engine::merged_view({lower});
  engine::copy_folder(root, "/data", to);
  CHECK(::access((to + "/file").c_str(), F_OK) != 0);
}

TEST_CASE("many layers with odd names are merged, on older kernels too, and nothing is left mounted") {
  if (skip_without_root()) return;
  const Folder folder;
  std::vector<std::string> lower;
  for (int i = 0; i < 40; ++i) {
    lower.push_back(folder.path + "/" + std::string(64, 'a') + ":" + std::to_string(i));
    sys::make_dirs(lower.back() + "/data");
    std::ofstream(lower.back() + "/data/own" + std::to_string(i)) << i;
    std::ofstream(lower.back() + "/data/top") << i;
  }
  const std::string mounts = sys::read_file("/proc/self/mountinfo");
  const std::filesystem::path here = std::filesystem::current_path();
  for (const engine::OverlayMount mount : {engine::mount_overlay, engine::mount_overlay_classic}) {
    const std::string to = folder.path + "/to";
    sys::remove_tree(to);
    sys::make_dirs(to);
    const sys::Fd root = engine::merged_view(lower, mount);
    engine::copy_folder(root, "/data", to);
    CHECK(sys::read_file(to + "/top") == "0");
    CHECK(sys::read_file(to + "/own39") == "39");
  }
  CHECK(std::filesystem::current_path() == here);
  CHECK(sys::read_file("/proc/self/mountinfo") == mounts);
}
