#include "netmgr/host_lock.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sys/error.h"

namespace netmgr {
namespace {

constexpr const char* kFolder = "/run/compose-locks";

}  // namespace

sys::FileLock lock_on_host(const std::string& name) {
  sys::make_dirs(kFolder, 0700);
  struct stat status {};
  sys::check(::lstat(kFolder, &status), "lstat", kFolder);
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 077) != 0)
    throw sys::Error(EPERM, "use a folder of locks that others can write to", kFolder);
  return sys::FileLock::acquire(std::string(kFolder) + '/' + name);
}

}  // namespace netmgr
