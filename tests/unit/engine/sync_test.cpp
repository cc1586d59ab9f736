#include "engine/copy/sync.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "data_root.h"
#include "sys/error.h"
#include "sys/folder.h"

using engine::CopyOptions;
using Kind = engine::Error::Kind;

namespace {

// A tree here, the root of a container, and a place outside of both.
struct Trees {
  engine_test::DataRoot root;
  std::string from, to, outside;
  sys::Fd to_fd;

  Trees() : from(root.folder + "/from"), to(root.folder + "/to"), outside(root.folder + "/outside") {
    for (const std::string& folder : {from, to, outside}) sys::make_dirs(folder);
    to_fd = sys::open(to, O_PATH | O_DIRECTORY);
  }
  static void file(const std::string& path, const std::string& text = "text") {
    sys::make_dirs(path.substr(0, path.rfind('/')));
    sys::write_file_atomic(path, text);
  }
  engine::CopyResult sync(const std::string& local, const std::string& inside) const {
    CopyOptions options;
    options.policy = {true, std::nullopt, true, false};
    return engine::sync_path({from + local, inside}, {to_fd.get(), "", "web:"}, options);
  }
  std::string there(const std::string& path) const { return sys::read_file(to + path); }
};

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a path is synced with its mode and the folders on the way") {
  const Trees trees;
  Trees::file(trees.from + "/a/run", "one");
  REQUIRE(::chmod((trees.from + "/a/run").c_str(), 0751) == 0);
  CHECK(trees.sync("/a/run", "/app/deep/run").objects == 1);
  CHECK(trees.there("/app/deep/run") == "one");
  struct stat status {};
  REQUIRE(::stat((trees.to + "/app/deep/run").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0751);
  REQUIRE(::stat((trees.to + "/app/deep").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0755);

  Trees::file(trees.from + "/a/run", "two");
  trees.sync("/a/run", "/app/deep/run");
  CHECK(trees.there("/app/deep/run") == "two");
}

TEST_CASE("what is gone here goes there, with all that is in it, and what never was there is no error") {
  const Trees trees;
  Trees::file(trees.to + "/app/gone/a/b");
  Trees::file(trees.to + "/app/stays");
  CHECK(trees.sync("/gone", "/app/gone").objects == 1);
  CHECK_FALSE(std::filesystem::exists(trees.to + "/app/gone"));
  CHECK(std::filesystem::exists(trees.to + "/app/stays"));
  CHECK(trees.sync("/gone", "/app/gone").objects == 0);
  CHECK(trees.sync("/gone/x", "/nowhere/x").objects == 0);
  CHECK(trees.sync("/gone/x", "/app/stays/x").objects == 0);
  CHECK(trees.sync("/gone", "/").objects == 0);
}

TEST_CASE("a file gives way to a folder and a folder to a file, and a folder's files are left alone") {
  const Trees trees;
  sys::make_dirs(trees.from + "/folder");
  Trees::file(trees.from + "/file", "new");
  Trees::file(trees.to + "/folder");
  Trees::file(trees.to + "/file/inner");
  Trees::file(trees.to + "/same/inner");
  sys::make_dirs(trees.from + "/same");
  trees.sync("/folder", "/folder");
  trees.sync("/file", "/file");
  trees.sync("/same", "/same");
  CHECK(std::filesystem::is_directory(trees.to + "/folder"));
  CHECK(trees.there("/file") == "new");
  CHECK(trees.there("/same/inner") == "text");
}

TEST_CASE("links of the container never lead a sync out of it, and are replaced themselves") {
  const Trees trees;
  Trees::file(trees.from + "/file", "new");
  Trees::file(trees.outside + "/file", "outside");
  std::filesystem::create_symlink(trees.outside, trees.to + "/absolute");
  std::filesystem::create_symlink("../outside", trees.to + "/climbing");
  std::filesystem::create_symlink(trees.outside + "/file", trees.to + "/end");
  sys::make_dirs(trees.to + "/real");
  std::filesystem::create_symlink("/real", trees.to + "/inside");

  CHECK_FALSE(refusal([&] { trees.sync("/file", "/climbing/file"); }).empty());
  CHECK_FALSE(refusal([&] { trees.sync("/file", "/absolute/file"); }).empty());
  trees.sync("/file", "/end");
  trees.sync("/file", "/inside/file");
  trees.sync("/none", "/climbing/file");
  CHECK(sys::read_file(trees.outside + "/file") == "outside");
  CHECK(trees.there("/end") == "new");
  CHECK_FALSE(std::filesystem::is_symlink(trees.to + "/end"));
  CHECK(trees.there("/real/file") == "new");

  std::filesystem::create_symlink("nowhere", trees.from + "/link");
  trees.sync("/link", "/app/link");
  CHECK(std::filesystem::read_symlink(trees.to + "/app/link") == "nowhere");
}

TEST_CASE("a removal spares what is mounted in the container") {
  if (::geteuid() != 0) return;
  const Trees trees;
  Trees::file(trees.outside + "/precious");
  sys::make_dirs(trees.to + "/app/data");
  if (::mount(trees.outside.c_str(), (trees.to + "/app/data").c_str(), nullptr, MS_BIND, nullptr) != 0)
    return;
  const std::string message = refusal([&] { trees.sync("/app", "/app"); });
  ::umount2((trees.to + "/app/data").c_str(), MNT_DETACH);
  CHECK(message == "cannot remove web:/app/data: something is mounted there");
  CHECK(std::filesystem::exists(trees.outside + "/precious"));
}
