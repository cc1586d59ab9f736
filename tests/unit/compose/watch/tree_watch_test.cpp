#include "compose/watch/tree_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "../ui/scratch_folder.h"

using compose::test::append;
using compose::test::ScratchFolder;
using compose::watch::TreeWatch;
namespace fs = std::filesystem;
using Paths = std::set<std::string>;

namespace {

bool everything(const std::string&) {
  return true;
}

void file(const std::string& path, const std::string& text = "text") {
  sys::make_dirs(path.substr(0, path.rfind('/')));
  sys::write_file_atomic(path, text);
}

// What changed, below the folder; waits until `wanted` is among it, for five seconds at most.
Paths changes(TreeWatch& watch, const std::string& folder, const Paths& wanted) {
  Paths all;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (std::chrono::steady_clock::now() < end) {
    for (const auto& [path, change] : watch.take()) all.insert(path.substr(folder.size() + 1));
    if (std::includes(all.begin(), all.end(), wanted.begin(), wanted.end())) break;
    pollfd ready{watch.fd(), POLLIN, 0};
    ::poll(&ready, 1, 10);
  }
  return all;
}

bool tells(TreeWatch& watch, const std::string& folder, const Paths& wanted) {
  const Paths all = changes(watch, folder, wanted);
  for (const std::string& path : wanted)
    if (!all.contains(path)) UNSCOPED_INFO("not told: " << path);
  return std::includes(all.begin(), all.end(), wanted.begin(), wanted.end());
}

}  // namespace

TEST_CASE("a tree that is watched tells what is written, made, moved and removed in it at any depth") {
  const ScratchFolder scratch;
  file(scratch.path + "/a/b/old");
  TreeWatch watch({scratch.path}, everything);
  CHECK(watch.take().empty());
  append(scratch.path + "/a/b/old", "more");
  CHECK(tells(watch, scratch.path, {"a/b/old"}));
  fs::rename(scratch.path + "/a/b/old", scratch.path + "/a/new");
  CHECK(tells(watch, scratch.path, {"a/b/old", "a/new"}));
  REQUIRE(::chmod((scratch.path + "/a/new").c_str(), 0700) == 0);
  CHECK(tells(watch, scratch.path, {"a/new"}));
  fs::remove(scratch.path + "/a/new");
  CHECK(tells(watch, scratch.path, {"a/new"}));
  fs::create_symlink("nowhere", scratch.path + "/link");
  CHECK(tells(watch, scratch.path, {"link"}));
}

TEST_CASE("folders that come are watched, with what is in them before they can be") {
  const ScratchFolder scratch;
  TreeWatch watch({scratch.path}, everything);
  sys::make_dirs(scratch.path + "/x/y/z");
  append(scratch.path + "/x/y/z/deep", "text");
  CHECK(tells(watch, scratch.path, {"x", "x/y", "x/y/z", "x/y/z/deep"}));
  append(scratch.path + "/x/y/z/deep", "text");
  CHECK(tells(watch, scratch.path, {"x/y/z/deep"}));

  // Somebody makes folders and files as fast as he can: none is missed.
  Paths wanted;
  std::thread maker([&] {
    for (int i = 0; i < 200; ++i) {
      const std::string path = scratch.path + "/n" + std::to_string(i);
      ::mkdir(path.c_str(), 0755);
      append(path + "/f", "text");
    }
  });
  for (int i = 0; i < 200; ++i) wanted.insert("n" + std::to_string(i) + "/f");
  CHECK(tells(watch, scratch.path, wanted));
  maker.join();
}

TEST_CASE("a folder that goes is told with all that was in it, and one that takes its place is watched") {
  const ScratchFolder scratch;
  file(scratch.path + "/a/b/one");
  file(scratch.path + "/a/two");
  file(scratch.path + "/a-c/three");
  TreeWatch watch({scratch.path}, everything);
  fs::remove_all(scratch.path + "/a");
  CHECK(changes(watch, scratch.path, {"a", "a/b", "a/b/one", "a/two"}) ==
        Paths{"a", "a/b", "a/b/one", "a/two"});
  file(scratch.path + "/a/b/one");
  CHECK(tells(watch, scratch.path, {"a", "a/b", "a/b/one"}));
  append(scratch.path + "/a/b/one", "more");
  CHECK(tells(watch, scratch.path, {"a/b/one"}));
  // Moved within the tree: told at both places, and watched at the new one.
  fs::rename(scratch.path + "/a", scratch.path + "/moved");
  CHECK(tells(watch, scratch.path, {"a", "a/b/one", "moved", "moved/b/one"}));
  append(scratch.path + "/moved/b/one", "more");
  CHECK(tells(watch, scratch.path, {"moved/b/one"}));
  CHECK(watch.present(scratch.path).size() == 5);
}

TEST_CASE("a watched folder that is removed and made again, or exchanged, is watched again") {
  const ScratchFolder scratch;
  const std::string root = scratch.path + "/p/src";
  file(root + "/one");
  TreeWatch watch({root}, everything);
  fs::remove_all(root);
  CHECK(tells(watch, scratch.path, {"p/src/one"}));
  CHECK(watch.missing() == std::vector<std::string>{root});
  file(root + "/two");
  CHECK(tells(watch, scratch.path, {"p/src/two"}));
  CHECK(watch.missing().empty());
  // The folder above is exchanged.
  file(scratch.path + "/q/src/three");
  fs::rename(scratch.path + "/p", scratch.path + "/old");
  fs::rename(scratch.path + "/q", scratch.path + "/p");
  CHECK(tells(watch, scratch.path, {"p/src/two", "p/src/three"}));
  append(root + "/three", "more");
  CHECK(tells(watch, scratch.path, {"p/src/three"}));
}

TEST_CASE("a root that is not there yet is watched once it appears, a file as well as a folder") {
  const ScratchFolder scratch;
  TreeWatch watch({scratch.path + "/a/b/folder", scratch.path + "/c/file"}, everything);
  CHECK(watch.missing().size() == 2);
  file(scratch.path + "/a/b/folder/x");
  CHECK(tells(watch, scratch.path, {"a/b/folder/x"}));
  file(scratch.path + "/c/file");
  CHECK(tells(watch, scratch.path, {"c/file"}));
  CHECK(watch.missing().empty());
  file(scratch.path + "/c/other");
  file(scratch.path + "/c/file", "again");  // by rename, as editors do
  const Paths told = changes(watch, scratch.path, {"c/file"});
  CHECK(told == Paths{"c/file"});
  fs::remove(scratch.path + "/c/file");
  CHECK(tells(watch, scratch.path, {"c/file"}));
}

TEST_CASE("folders that are left out are neither watched nor told of, and unreadable ones are passed over") {
  const ScratchFolder scratch;
  file(scratch.path + "/out/x");
  sys::make_dirs(scratch.path + "/closed", 0);
  TreeWatch watch({scratch.path}, [&](const std::string& folder) { return folder != scratch.path + "/out"; });
  append(scratch.path + "/out/x", "more");
  append(scratch.path + "/in", "text");
  CHECK(changes(watch, scratch.path, {"in"}) == Paths{"in"});
}

TEST_CASE("two writes within one tick of the clock are both told") {
  const ScratchFolder scratch;
  append(scratch.path + "/f", "aaaa");
  TreeWatch watch({scratch.path}, everything);
  for (int i = 0; i < 50; ++i) {
    const int fd = ::open((scratch.path + "/f").c_str(), O_WRONLY | O_CLOEXEC);
    REQUIRE(::pwrite(fd, i % 2 == 0 ? "b" : "c", 1, 0) == 1);
    CHECK(watch.take().contains(scratch.path + "/f"));
    ::close(fd);
    watch.take();
  }
}

TEST_CASE("after an overflow of the kernel's queue what was missed is found by looking") {
  const ScratchFolder scratch;
  file(scratch.path + "/gone/x");
  file(scratch.path + "/kept");
  TreeWatch watch({scratch.path}, everything);
  sys::make_dirs(scratch.path + "/busy");
  // More than fs.inotify.max_queued_events allows; alternating, as equal events in a row are one.
  const int limit = std::stoi(sys::read_file("/proc/sys/fs/inotify/max_queued_events"));
  if (limit > 100'000) return;
  for (int i = 0; i < limit; ++i) {
    append(scratch.path + "/noise" + std::to_string(i % 2), "x");
  }
  fs::remove_all(scratch.path + "/gone");
  append(scratch.path + "/kept", "more");
  append(scratch.path + "/busy/late", "text");
  CHECK(tells(watch, scratch.path, {"gone", "gone/x", "kept", "busy", "busy/late", "noise0"}));
}
