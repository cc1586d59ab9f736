#include "engine/container/host_devices.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "sys/error.h"
#include "sys/fd.h"

namespace engine {

namespace {

// Made by the runtime itself, whatever the host has there.
bool is_own(const char* name) {
  for (const char* own : {".", "..", "pts", "shm", "mqueue", "hugepages", "ptmx", "console", "core", "fd",
                          "stdin", "stdout", "stderr", "init"}) {
    if (std::strcmp(name, own) == 0) return true;
  }
  return false;
}

void copy_node(int to, const char* name, const struct stat& status) {
  sys::check(::mknodat(to, name, status.st_mode, status.st_rdev), "mknod", name);
  sys::check(::fchownat(to, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW), "chown", name);
}

void copy_folder(sys::Fd from, int to) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(from.get()), ::closedir);
  if (!dir) sys::fail("fdopendir", "/dev");
  const int host = from.release();  // closedir's from here on
  struct stat top {};
  sys::check(::fstat(host, &top), "fstat", "/dev");
  while (const dirent* entry = ::readdir(dir.get())) {
    struct stat status {};
    if (is_own(entry->d_name) || ::fstatat(host, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) copy_node(to, entry->d_name, status);
    if (!S_ISDIR(status.st_mode) || status.st_dev != top.st_dev) continue;
    sys::check(::mkdirat(to, entry->d_name, status.st_mode & 0777), "mkdir", entry->d_name);
    copy_folder(sys::openat(host, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
                sys::openat(to, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).get());
  }
}

}  // namespace

void copy_host_devices(int dev) {
  copy_folder(sys::open("/dev", O_RDONLY | O_DIRECTORY), dev);
}

}  // namespace engine
