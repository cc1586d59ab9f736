// Bind mounts as they are tied to the host's, in a mount namespace of the test's own.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "engine/container/mount_options.h"
#include "fixture.h"
#include "sys/error.h"
#include "sys/file.h"

using container_test::Container;
using container_test::is_root;
using engine::SpecMount;

namespace {

class OwnMounts {
 public:
  OwnMounts() : before_(sys::open("/proc/self/ns/mnt", O_RDONLY)) {
    sys::check(::unshare(CLONE_NEWNS), "unshare");
    sys::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount", "/");
  }
  ~OwnMounts() {
    // EINVAL as long as a thread shares our root and working directory, which one that has been joined may do
    // for a moment yet.
    while (::setns(before_.get(), CLONE_NEWNS) != 0 && errno == EINVAL) ::sched_yield();
  }
  OwnMounts(const OwnMounts&) = delete;
  OwnMounts& operator=(const OwnMounts&) = delete;

 private:
  sys::Fd before_;
};

void mount_tmpfs(const std::string& place, unsigned long propagation = 0) {
  sys::make_dirs(place);
  sys::check(::mount("test", place.c_str(), "tmpfs", 0, nullptr), "mount", place);
  if (propagation != 0) sys::check(::mount(nullptr, place.c_str(), nullptr, propagation, nullptr), "mount");
}

SpecMount with(SpecMount mount, const std::string& propagation, const std::string& recursive) {
  mount.propagation = propagation;
  mount.recursive = recursive;
  return mount;
}

}  // namespace

TEST_CASE("A later mount of the host reaches slave and shared binds and no private one") {
  if (!is_root()) return;
  Container box;
  const OwnMounts own;
  const std::string host = box.root + "/host";
  mount_tmpfs(host, MS_SHARED);
  box.spec.privileged = true;
  box.spec.seccomp_bpf.clear();
  box.spec.mounts = {with(container_test::bind(host, "/private"), "", ""),
                     with(container_test::bind(host, "/slave"), "rslave", ""),
                     with(container_test::bind(host, "/shared"), "rshared", "")};
  box.start();
  mount_tmpfs(host + "/later");
  sys::write_file_atomic(host + "/later/file", "x");
  CHECK(box.exec("ls /private/later /slave/later /shared/later").second ==
        "/private/later:\n\n/shared/later:\nfile\n\n/slave/later:\nfile\n");
  CHECK(box.exec("mkdir /shared/in && mount -t tmpfs in /shared/in && touch /shared/in/side").first == 0);
  CHECK(::access((host + "/in/side").c_str(), F_OK) == 0);
  CHECK(box.exec("mkdir /slave/out && mount -t tmpfs out /slave/out && touch /slave/out/side").first == 0);
  CHECK(::access((host + "/out/side").c_str(), F_OK) != 0);
  box.stop();
}

TEST_CASE("Propagation is refused where the host's mount has no peers") {
  if (!is_root()) return;
  Container box;
  const OwnMounts own;
  mount_tmpfs(box.root + "/host", MS_PRIVATE);
  for (const char* propagation : {"shared", "rshared", "slave", "rslave"}) {
    box.spec.mounts = {with(container_test::bind(box.root + "/host", "/data"), propagation, "")};
    CHECK_THROWS_WITH(box.start(), Catch::Contains("is not shared"));
  }
  for (const char* propagation : {"private", "rprivate"}) {
    box.spec.mounts = {with(container_test::bind(box.root + "/host", "/data"), propagation, "")};
    CHECK(box.step("true").first == 0);
  }
}

TEST_CASE("What is mounted below a read-only bind is read-only, writable or away as asked") {
  if (!is_root()) return;
  Container box;
  const OwnMounts own;
  const std::string host = box.root + "/host";
  mount_tmpfs(host);
  mount_tmpfs(host + "/sub");
  sys::write_file_atomic(host + "/sub/file", "x");
  const auto tried = [&](const char* recursive) {
    box.spec.mounts = {with(container_test::bind(host, "/data", true), "", recursive)};
    return box
        .step(
            "touch /data/x 2>/dev/null && echo top; touch /data/sub/x 2>/dev/null && echo sub; ls /data/sub")
        .second;
  };
  CHECK(tried("") == "file\n");
  CHECK(tried("enabled") == "file\n");
  CHECK(tried("readonly") == "file\n");
  CHECK(tried("disabled").empty());
  CHECK(tried("writable") == "sub\nfile\nx\n");
}

TEST_CASE(
    "Options of mount(8) are attributes, the last word on a matter holds, the rest is the file system's") {
  const auto split =
      engine::split_mount_options({"ro", "exec", "noatime", "relatime", "uid=5", "size=1m", "rw", "uid=6"},
                                  MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID);
  CHECK(split.attributes == MOUNT_ATTR_NOSUID);
  CHECK(split.file_system == engine::MountOptions{{"size", "1m"}, {"uid", "6"}});
}
