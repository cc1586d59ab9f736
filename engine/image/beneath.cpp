#include "engine/image/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sys/error.h"

namespace engine {

sys::Fd try_open_beneath(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  // An O_PATH|O_NOFOLLOW open means the link itself, which RESOLVE_NO_SYMLINKS allows as the last component.
  long fd = 0;
  do {
    fd = ::syscall(SYS_openat2, root, path.empty() ? "." : path.c_str(), &how, sizeof how);
  } while (fd < 0 && (errno == EAGAIN || errno == EINTR));
  return sys::Fd(static_cast<int>(fd));
}

sys::Fd open_beneath(int root, const std::string& path, int flags) {
  sys::Fd fd = try_open_beneath(root, path, flags);
  if (!fd) sys::fail("openat2", path.empty() ? "." : path);
  return fd;
}

std::string proc_path(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

}  // namespace engine
