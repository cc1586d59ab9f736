#include "engine/volume/populate.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
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
  engine::copy_folder(engine::image_folder(root, "/data"), to);

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
  const std::string lower = folder.path + "/lower", secret = folder.path + "/secret";
  sys::make_dirs(lower);
  sys::make_dirs(secret);
  std::ofstream(secret + "/file") << "host";
  REQUIRE(::symlink(secret.c_str(), (lower + "/data").c_str()) == 0);
  const sys::Fd root = engine::merged_view({lower});
  CHECK_FALSE(engine::image_folder(root, "/data"));
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
    engine::copy_folder(engine::image_folder(root, "/data"), to);
    CHECK(sys::read_file(to + "/top") == "0");
    CHECK(sys::read_file(to + "/own39") == "39");
  }
  CHECK(std::filesystem::current_path() == here);
  CHECK(sys::read_file("/proc/self/mountinfo") == mounts);
}

TEST_CASE(
    "a file's capabilities, set-id bits, attributes and holes come along, as do a folder's attributes") {
  if (skip_without_root()) return;
  const Folder folder;
  const std::string lower = folder.path + "/lower", to = folder.path + "/to";
  sys::make_dirs(lower + "/data/sub");
  sys::make_dirs(to);
  const std::string file = lower + "/data/file";
  std::ofstream(file) << "x";
  REQUIRE(::truncate(file.c_str(), 64 << 20) == 0);
  REQUIRE(::chown(file.c_str(), 5, 6) == 0);
  REQUIRE(::chmod(file.c_str(), 06755) == 0);
  const std::string capability(
      "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);
  REQUIRE(::setxattr(file.c_str(), "security.capability", capability.data(), capability.size(), 0) == 0);
  REQUIRE(::setxattr((lower + "/data/sub").c_str(), "trusted.colour", "blue", 4, 0) == 0);
  REQUIRE(::setxattr((lower + "/data").c_str(), "trusted.top", "1", 1, 0) == 0);
  const sys::Fd root = engine::merged_view({lower});
  engine::copy_folder(engine::image_folder(root, "/data"), to);

  const auto attribute = [](const std::string& path, const char* name) {
    char value[64];
    const ssize_t size = ::getxattr(path.c_str(), name, value, sizeof value);
    return size < 0 ? std::string("none") : std::string(value, static_cast<size_t>(size));
  };
  CHECK(attribute(to + "/file", "security.capability") == capability);
  CHECK(attribute(to + "/sub", "trusted.colour") == "blue");
  CHECK(attribute(to, "trusted.top") == "1");
  struct stat status {};
  REQUIRE(::stat((to + "/file").c_str(), &status) == 0);
  CHECK(status.st_uid == 5);
  CHECK((status.st_mode & 07777) == 06755);
  CHECK(status.st_size == 64 << 20);
  CHECK(status.st_blocks < 1024);
}

TEST_CASE("what the only layer of an image says is not there is not copied") {
  if (skip_without_root()) return;
  const Folder folder;
  const std::string lower = folder.path + "/lower", to = folder.path + "/to";
  sys::make_dirs(lower + "/data");
  sys::make_dirs(to);
  REQUIRE(::mknod((lower + "/data/gone").c_str(), S_IFCHR, 0) == 0);
  engine::copy_folder(engine::image_folder(engine::merged_view({lower}), "/data"), to);
  CHECK(::access((to + "/gone").c_str(), F_OK) != 0);
}

TEST_CASE("a folder whose filling was cut short is filled all the same, and what is in it meanwhile stays") {
  if (skip_without_root()) return;
  const Folder folder;
  const std::string lower = folder.path + "/lower", data = folder.path + "/data",
                    staging = folder.path + "/fill";
  sys::make_dirs(lower + "/data/sub");
  std::ofstream(lower + "/data/one") << "image";
  std::ofstream(lower + "/data/two") << "image";
  REQUIRE(::chmod((lower + "/data").c_str(), 0750) == 0);
  const sys::Fd from = engine::image_folder(engine::merged_view({lower}), "/data");
  const sys::Fd before = [&] {
    sys::make_dirs(data);
    return sys::open(data, O_RDONLY | O_DIRECTORY);
  }();
  for (const std::string& place : {staging, data + "/.fill"}) {
    engine::Filling filling(data, place);
    sys::make_dirs(place + "ing");  // killed while it was copied
    std::ofstream(place + "ing/one") << "ha";
    REQUIRE(filling.is_due());
    filling.fill(from);
    CHECK(sys::read_file(data + "/one") == "image");
    CHECK(sys::read_file(data + "/two") == "image");
    CHECK(::access((place + "ing").c_str(), F_OK) != 0);
    CHECK(::access((place + "ed").c_str(), F_OK) != 0);
    CHECK_FALSE(filling.is_due());

    // Killed while it was moved in; a container has begun to work there.
    sys::make_dirs(place + "ed");
    std::ofstream(place + "ed/one") << "late";
    std::ofstream(place + "ed/three") << "image";
    REQUIRE(filling.is_due());
    filling.fill(from);
    CHECK(sys::read_file(data + "/one") == "image");
    CHECK(sys::read_file(data + "/three") == "image");
    CHECK_FALSE(filling.is_due());
    for (const char* name : {"/one", "/two", "/three", "/sub"}) sys::remove_tree(data + name);
  }
  struct stat first {
  }, last{};
  REQUIRE(::fstat(before.get(), &first) == 0);
  REQUIRE(::stat(data.c_str(), &last) == 0);
  CHECK(first.st_ino == last.st_ino);  // containers may have it mounted
}
