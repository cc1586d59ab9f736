#pragma once
// A file system of a few megabytes that only this test sees, to see what becomes of things when it is full.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "sys/error.h"
#include "sys/fd.h"

namespace small_disk {

// For root. The calling thread is in a mount namespace of its own meanwhile.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& size) : before_(sys::open("/proc/self/ns/mnt", O_RDONLY)) {
    char name[] = "/tmp/compose-small-disk-XXXXXX";
    if (::mkdtemp(name) == nullptr) sys::fail("mkdtemp", name);
    path = name;
    sys::check(::unshare(CLONE_NEWNS), "unshare");
    sys::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount", "/");
    sys::check(::mount("test", name, "tmpfs", 0, ("size=" + size).c_str()), "mount", path);
  }
  ~SmallDisk() {
    // EINVAL as long as a thread shares our root and working directory, which one that has been joined may do
    // for a moment yet.
    while (::setns(before_.get(), CLONE_NEWNS) != 0 && errno == EINVAL) ::sched_yield();
    ::rmdir(path.c_str());
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Leaves `room` bytes, more or less a page.
  void fill(int64_t room = 0) const {
    struct statfs status {};
    sys::check(::statfs(path.c_str(), &status), "statfs", path);
    const auto size = static_cast<off_t>(status.f_bfree) * status.f_bsize - room;
    const sys::Fd file = sys::open(filler(), O_WRONLY | O_CREAT, 0600);
    if (size > 0) sys::check(::fallocate(file.get(), 0, 0, size), "fallocate", filler());
  }
  void make_room() const { ::unlink(filler().c_str()); }

  std::string path;

 private:
  std::string filler() const { return path + "/filler"; }
  sys::Fd before_;
};

}  // namespace small_disk
