#include "sys/file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>

#include "sys/error.h"
#include "sys/folder.h"
#include "sys/process.h"

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/compose-sys-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { sys::remove_tree(path); }
  std::string path;
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("a lock is not taken through a link somebody has put there") {
  const Folder folder;
  const std::string link = folder.path + "/lock", target = folder.path + "/target";
  REQUIRE(::symlink(target.c_str(), link.c_str()) == 0);
  CHECK_THROWS_AS(sys::FileLock::acquire(link), sys::Error);
  CHECK_THROWS_AS(sys::FileLock::try_acquire(link), sys::Error);
  CHECK(::access(target.c_str(), F_OK) != 0);
}

TEST_CASE("folders get the mode asked for, whatever the umask") {
  const Folder folder;
  const mode_t before = ::umask(077);
  sys::make_dirs(folder.path + "/a/b");
  sys::make_dirs(folder.path + "/c", 0711);
  ::umask(before);
  CHECK(mode_of(folder.path + "/a") == 0755);
  CHECK(mode_of(folder.path + "/a/b") == 0755);
  CHECK(mode_of(folder.path + "/c") == 0711);
}

TEST_CASE("a name of one's own tells its process") {
  const std::string name = sys::own_name(".removed-");
  const auto owner = sys::owner_of_name(name, ".removed-");
  REQUIRE(owner);
  CHECK(owner->pid == ::getpid());
  CHECK(sys::is_alive(*owner));
  CHECK(sys::own_name(".removed-") != name);
  for (const char* other : {"", ".removed-", ".removed-x", "draft-1-2-aa", ".removed-1", "data"})
    CHECK_FALSE(sys::owner_of_name(other, ".removed-"));
}

TEST_CASE("the names in a folder are what is in it, and none when there is no folder") {
  const Folder folder;
  sys::write_file_atomic(folder.path + "/file", "");
  sys::make_dirs(folder.path + "/below");
  std::vector<std::string> names = sys::names_in(folder.path);
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"below", "file"});
  CHECK(sys::names_in(folder.path + "/none").empty());
  CHECK_THROWS_AS(sys::names_in(folder.path + "/file"), sys::Error);
}

TEST_CASE("a file is replaced with its mode, whatever becomes of it when the power goes") {
  const Folder folder;
  const std::string path = folder.path + "/file";
  for (const auto durability : {sys::Durability::kLoose, sys::Durability::kRename, sys::Durability::kSynced,
                                sys::Durability::kLoose}) {
    const auto number = std::to_string(static_cast<int>(durability));
    sys::write_file_atomic(path, "text " + number, 0640, durability);
    CHECK(sys::read_file(path) == "text " + number);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0640);
    CHECK(sys::names_in(folder.path) == std::vector<std::string>{"file"});
  }
}

TEST_CASE("all is written to a pipe that somebody has made non-blocking") {
  sys::Pipe pipe = sys::pipe();
  REQUIRE(::fcntl(pipe.write.get(), F_SETFL, O_NONBLOCK) == 0);
  const std::string text(1 << 20, 'x');
  std::string got;
  std::thread reader([&] {
    pollfd room{pipe.write.get(), POLLOUT, 0};
    while (::poll(&room, 1, 0) > 0) std::this_thread::yield();  // not before it is full
    got = sys::read_all(pipe.read.get());
  });
  CHECK_NOTHROW(sys::write_all(pipe.write.get(), text));
  pipe.write.reset();
  reader.join();
  CHECK(got == text);
}
