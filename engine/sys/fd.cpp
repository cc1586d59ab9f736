#include "sys/fd.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sys/error.h"

namespace sys {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) reset(other.release());
  return *this;
}

void Fd::reset(int fd) noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Fd open(const std::string& path, int flags, unsigned mode) {
  return Fd(check(::open(path.c_str(), flags | O_CLOEXEC, mode), "open", path));
}

Fd openat(int dir, const std::string& path, int flags, unsigned mode) {
  return Fd(check(::openat(dir, path.c_str(), flags | O_CLOEXEC, mode), "openat", path));
}

Fd try_open_in_root(int root, const std::string& path, int flags, unsigned mode) noexcept {
  open_how how{};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode : 0;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  long fd = 0;
  do {  // EAGAIN: the kernel could not prove that a ".." stayed inside while something was being renamed
    fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
  } while (fd < 0 && errno == EAGAIN);
  return Fd(static_cast<int>(fd));
}

Fd open_in_root(int root, const std::string& path, int flags, unsigned mode) {
  Fd fd = try_open_in_root(root, path, flags, mode);
  check(fd.get(), "openat2", path);
  return fd;
}

Pipe pipe() {
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "pipe2");
  return {Fd(ends[0]), Fd(ends[1])};
}

Fd dup(int fd) {
  return Fd(check(::fcntl(fd, F_DUPFD_CLOEXEC, 3), "fcntl", "F_DUPFD_CLOEXEC"));
}

void keep_on_exec(int fd) {
  const int flags = check(::fcntl(fd, F_GETFD), "fcntl", "F_GETFD");
  check(::fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC), "fcntl", "F_SETFD");
}

std::string read_all(int fd) {
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (check(n, "read") == 0) return text;
    text.append(buffer, static_cast<size_t>(n));
  }
}

void write_all(int fd, const void* data, size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::write(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    // Whoever shares our standard output may have made it non-blocking.
    if (n < 0 && errno == EAGAIN) {
      pollfd room{fd, POLLOUT, 0};
      ::poll(&room, 1, -1);
      continue;
    }
    check(n, "write");
    at += n;
    size -= static_cast<size_t>(n);
  }
}

void write_all(int fd, const std::string& text) {
  write_all(fd, text.data(), text.size());
}

}  // namespace sys
