#include "compose/ui/folder_watch.h"

#include <poll.h>

#include <catch2/catch.hpp>

#include "scratch_folder.h"

using namespace compose::test;
using compose::ui::FolderWatch;

TEST_CASE("writes and new names are told apart, by folder") {
  const ScratchFolder folder;
  append(folder.path + "/log", "a");
  FolderWatch watch;
  watch.add(folder.path);
  watch.add(folder.path);
  watch.add(folder.path + "/missing");
  CHECK(watch.take().written.empty());

  append(folder.path + "/log", "b");
  auto changes = watch.take();
  CHECK(changes.written.count(folder.path) == 1);
  CHECK(changes.renamed.empty());

  sys::write_file_atomic(folder.path + "/status.json", "{}");
  changes = watch.take();
  REQUIRE(changes.renamed.count(folder.path) == 1);
  CHECK(changes.renamed.at(folder.path).count("status.json") == 1);
}

TEST_CASE("the descriptor is readable only when something happened") {
  const ScratchFolder folder;
  FolderWatch watch;
  watch.add(folder.path);
  pollfd fd{watch.fd(), POLLIN, 0};
  CHECK(::poll(&fd, 1, 0) == 0);
  append(folder.path + "/x", "a");
  CHECK(::poll(&fd, 1, 1000) == 1);
  watch.take();
  CHECK(::poll(&fd, 1, 0) == 0);
}
