#include "engine/container/seal.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "engine/container/mount_fd.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

sys::Fd sealed_copy(const std::string& path) {
  sys::Fd copy(
      sys::check(::memfd_create("compose-monitor", MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd_create"));
  sys::write_all(copy.get(), sys::read_file(path));
  sys::check(::fcntl(copy.get(), F_ADD_SEALS, kSeals), "fcntl", "F_ADD_SEALS");
  return copy;
}

}  // namespace

sys::Fd sealed_program(const std::string& path) {
  try {
    sys::Fd clone = clone_mount(AT_FDCWD, path, false);
    change_mount(clone.get(), MOUNT_ATTR_RDONLY, 0, MS_PRIVATE, false);
    return clone;
  } catch (const sys::Error& error) {
    if (error.code() == ENOENT || error.code() == EACCES) throw;
  }
  return sealed_copy(path);
}

bool is_sealed() {
  struct statvfs status {};
  if (::statvfs("/proc/self/exe", &status) == 0 && (status.f_flag & ST_RDONLY) != 0) return true;
  const sys::Fd exe(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const int seals = exe ? ::fcntl(exe.get(), F_GET_SEALS) : -1;
  return seals >= 0 && (seals & kSeals) == kSeals;
}

}  // namespace engine
