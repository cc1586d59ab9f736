#include "engine/copy/copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "data_root.h"
#include "engine/copy/place.h"
#include "sys/error.h"
#include "sys/folder.h"

using engine::CopyOptions;
using Kind = engine::Error::Kind;

namespace {

// Two trees, and a place outside of both.
struct Trees {
  engine_test::DataRoot root;
  std::string from, to, outside;
  sys::Fd from_fd, to_fd;

  Trees() : from(root.folder + "/from"), to(root.folder + "/to"), outside(root.folder + "/outside") {
    for (const std::string& folder : {from, to, outside}) sys::make_dirs(folder);
    from_fd = sys::open(from, O_PATH | O_DIRECTORY);
    to_fd = sys::open(to, O_PATH | O_DIRECTORY);
  }
  static void file(const std::string& path, const std::string& text = "text") {
    sys::make_dirs(path.substr(0, path.rfind('/')));
    sys::write_file_atomic(path, text);
  }
  engine::CopyResult copy(const std::string& a, const std::string& b, bool follow = false) const {
    CopyOptions options;
    options.policy = {true, std::nullopt, true, true};
    options.follow_link = follow;
    return engine::copy_tree({from_fd.get(), a, "A:" + a}, {to_fd.get(), b, "B:" + b}, options);
  }
  Kind refusal(const std::string& a, const std::string& b) const {
    try {
      copy(a, b);
    } catch (const engine::Error& error) {
      return error.kind();
    }
    FAIL("nothing was refused");
    return Kind::kInternal;
  }
};

}  // namespace

TEST_CASE("find_place stays inside the root, wherever links and dots lead") {
  const Trees trees;
  Trees::file(trees.from + "/a/b");
  REQUIRE(::symlink("/a", (trees.from + "/absolute").c_str()) == 0);
  REQUIRE(::symlink("../../../../a", (trees.from + "/climbing").c_str()) == 0);
  REQUIRE(::symlink("loop", (trees.from + "/loop").c_str()) == 0);
  REQUIRE(::symlink("a/new", (trees.from + "/dangling").c_str()) == 0);
  const int root = trees.from_fd.get();
  for (const char* path : {"/a/b", "a/b", "//a//b", "/../../a/b", "absolute/b", "/climbing/b", "/a/../a/b"})
    CHECK(engine::find_place(root, path, false).exists());
  for (const char* path : {"/", "", ".", "..", "/..", "a/..", "/a/.", "a/"})
    CHECK(engine::find_place(root, path, true).is_folder());
  CHECK_FALSE(engine::find_place(root, "/a/none", true).exists());
  CHECK_FALSE(engine::find_place(root, "/dangling", true).exists());
  CHECK(engine::find_place(root, "/dangling", true).name == "new");
  CHECK(S_ISLNK(engine::find_place(root, "/absolute", false).status.st_mode));
  CHECK(engine::find_place(root, "/absolute", true).is_folder());
  CHECK_THROWS_AS(engine::find_place(root, "/loop", true), sys::Error);
  CHECK_THROWS_AS(engine::find_place(root, "/none/b", true), sys::Error);
}

TEST_CASE("copy_tree goes by docker cp's rules on what is there") {
  const Trees trees;
  Trees::file(trees.from + "/file");
  Trees::file(trees.from + "/dir/sub/deep");
  Trees::file(trees.to + "/old", "old");
  sys::make_dirs(trees.to + "/there");
  sys::make_dirs(trees.to + "/full/file");
  trees.copy("/file", "/new");
  trees.copy("/file", "/old");
  trees.copy("/file", "/there");
  trees.copy("/dir", "/there");
  trees.copy("/dir", "/made/");
  trees.copy("/dir/.", "/there");
  for (const char* path :
       {"/new", "/old", "/there/file", "/there/dir/sub/deep", "/made/sub/deep", "/there/sub/deep"})
    CHECK(sys::read_file_if_exists(trees.to + path) == "text");
  CHECK(trees.refusal("/none", "/x") == Kind::kNotFound);
  CHECK(trees.refusal("/file", "/none/") == Kind::kNotFound);
  CHECK(trees.refusal("/file", "/none/x") == Kind::kNotFound);
  CHECK(trees.refusal("/file", "/old/") == Kind::kConflict);
  CHECK(trees.refusal("/file", "/full") == Kind::kConflict);
  CHECK(trees.refusal("/dir", "/old") == Kind::kConflict);
  CHECK(trees.refusal("/file/.", "/there") == Kind::kConflict);
}

TEST_CASE("a copied tree keeps links, holes, times and attributes, and folders that were there their modes") {
  if (!engine_test::is_root()) return;
  const Trees trees;
  Trees::file(trees.from + "/d/file");
  REQUIRE(::link((trees.from + "/d/file").c_str(), (trees.from + "/d/twin").c_str()) == 0);
  REQUIRE(::setxattr((trees.from + "/d/file").c_str(), "user.note", "kept", 4, 0) == 0);
  REQUIRE(::chmod((trees.from + "/d").c_str(), 0711) == 0);
  sys::make_dirs(trees.from + "/d/old", 0700);
  sys::make_dirs(trees.to + "/d/old", 0755);
  const timespec times[2] = {{1000, 5}, {1000, 5}};
  REQUIRE(::utimensat(AT_FDCWD, (trees.from + "/d/file").c_str(), times, 0) == 0);
  REQUIRE(::utimensat(AT_FDCWD, (trees.from + "/d").c_str(), times, 0) == 0);
  trees.copy("/d", "/e");
  trees.copy("/d/.", "/d");
  struct stat one {
  }, two{}, folder{}, old{};
  REQUIRE(::stat((trees.to + "/e/file").c_str(), &one) == 0);
  REQUIRE(::stat((trees.to + "/e/twin").c_str(), &two) == 0);
  REQUIRE(::stat((trees.to + "/e").c_str(), &folder) == 0);
  REQUIRE(::stat((trees.to + "/d/old").c_str(), &old) == 0);
  CHECK(one.st_ino == two.st_ino);
  CHECK(one.st_mtim.tv_sec == 1000);
  CHECK((folder.st_mode & 07777) == 0711);
  CHECK(folder.st_mtim.tv_nsec == 5);
  CHECK((old.st_mode & 07777) == 0755);
  char value[8];
  CHECK(::getxattr((trees.to + "/e/twin").c_str(), "user.note", value, sizeof value) == 4);
}

TEST_CASE("a folder is not copied into itself, and a copy into a folder of the source ends") {
  const Trees trees;
  Trees::file(trees.to + "/d/file");
  sys::make_dirs(trees.to + "/d/sub");
  CopyOptions options;
  const auto copy = [&](const std::string& a, const std::string& b) {
    return engine::copy_tree({trees.to_fd.get(), a, a}, {trees.to_fd.get(), b, b}, options);
  };
  CHECK_THROWS_AS(copy("/d/.", "/d"), engine::Error);
  const engine::CopyResult result = copy("/d", "/d/sub");
  CHECK(result.left_out.size() == 1);
  CHECK(sys::read_file(trees.to + "/d/sub/d/file") == "text");
  // Onto itself: it stays what it was.
  CHECK_THROWS_AS(copy("/d/file", "/d"), engine::Error);
  CHECK(sys::read_file(trees.to + "/d/file") == "text");
}

TEST_CASE("a copy that is cancelled leaves no half file") {
  const Trees trees;
  Trees::file(trees.from + "/d/a");
  Trees::file(trees.from + "/d/b");
  int asked = 0;
  CopyOptions options;
  options.cancelled = [&] { return ++asked > 3; };
  CHECK_THROWS_AS(
      engine::copy_tree({trees.from_fd.get(), "/d", "d"}, {trees.to_fd.get(), "/d", "d"}, options),
      engine::Error);
  for (const std::string& name : sys::names_in(trees.to + "/d"))
    CHECK(sys::read_file(trees.to + "/d/" + name) == "text");
}

TEST_CASE("what is exchanged for a link while it is copied leads nowhere outside, in either direction") {
  const Trees trees;
  Trees::file(trees.outside + "/secret", "secret");
  for (const std::string& tree : {trees.from, trees.to}) {
    Trees::file(tree + "/d/a/secret", "own");
    REQUIRE(::symlink(trees.outside.c_str(), (tree + "/link").c_str()) == 0);
  }
  std::atomic<bool> stop{false};
  std::thread attacker([&] {
    while (!stop) {
      for (const std::string& tree : {trees.from, trees.to})
        ::renameat2(AT_FDCWD, (tree + "/d/a").c_str(), AT_FDCWD, (tree + "/link").c_str(), RENAME_EXCHANGE);
    }
  });
  int done = 0;
  // However the two threads take turns, some copies have to get through.
  for (int i = 0; i < 2000 || (done < 20 && i < 2'000'000); ++i) {
    try {
      trees.copy(i % 2 == 0 ? "/d/a/." : "/d/a/secret", i % 3 == 0 ? "/d/a" : "/d/a/new", true);
      ++done;
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): mostly there is no such place then
    }
  }
  stop = true;
  attacker.join();
  CHECK(done > 0);
  CHECK(sys::names_in(trees.outside) == std::vector<std::string>{"secret"});
  CHECK(sys::read_file(trees.outside + "/secret") == "secret");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(trees.to)) {
    if (entry.is_regular_file() && !entry.is_symlink()) CHECK(sys::read_file(entry.path()) == "own");
  }
}
