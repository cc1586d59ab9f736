#include "engine/container/overlay.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "fixture.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/random.h"

namespace {

using Mount = sys::Fd (*)(const std::vector<std::string>&, const std::string&, const std::string&,
                          const std::string&);

// Mounts 128 layers in a private mount namespace of a child; true when the topmost one wins and writes go to
// upper.
bool mounts_128_layers(Mount mount) {
  const std::string root = "/tmp/compose-overlay-test-" + sys::random_hex(12);
  std::vector<std::string> lower;
  for (int i = 127; i >= 0; --i) {
    lower.push_back(root + "/layers/" + std::string(64, 'a') + std::to_string(i) + "/diff");
    sys::make_dirs(lower.back());
    sys::write_file_atomic(lower.back() + "/top", std::to_string(i));
    sys::write_file_atomic(lower.back() + "/own" + std::to_string(i), "");
  }
  for (const char* name : {"/upper", "/work", "/scratch"}) sys::make_dirs(root + name);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    bool good = false;
    try {
      sys::check(::unshare(CLONE_NEWNS), "unshare");
      sys::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount");
      const sys::Fd overlay = mount(lower, root + "/upper", root + "/work", root + "/scratch");
      good = sys::read_all(sys::openat(overlay.get(), "top", O_RDONLY).get()) == "127" &&
             ::faccessat(overlay.get(), "own0", F_OK, 0) == 0;
      sys::openat(overlay.get(), "new", O_WRONLY | O_CREAT, 0644);
    } catch (const std::exception& error) {
      ::fprintf(stderr, "%s\n", error.what());
      good = false;
    }
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  const bool written = ::access((root + "/upper/new").c_str(), F_OK) == 0;
  sys::remove_tree(root);
  return WEXITSTATUS(status) == 0 && written;
}

}  // namespace

TEST_CASE("128 layers mount, by the new interface and by the fallback for older kernels") {
  if (!container_test::is_root()) return;
  CHECK(mounts_128_layers(engine::mount_overlay));
  CHECK(mounts_128_layers(engine::mount_overlay_classic));
}

TEST_CASE("layers are named one by one from Linux 6.8 on") {
  for (const char* release : {"6.8.0-31-generic", "6.12.0", "6.18.1", "7.0.0-rc1"})
    CHECK(engine::has_lowerdir_plus(release));
  for (const char* release : {"5.15.0", "6.1.0-56-cloud-amd64", "6.7.12", "custom"})
    CHECK_FALSE(engine::has_lowerdir_plus(release));
}
