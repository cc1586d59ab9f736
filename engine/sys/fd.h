#pragma once
// Owning file descriptors. Every descriptor made here is close-on-exec.
#include <string>
#include <utility>

namespace sys {

// Sole owner of one file descriptor; -1 means none. Not thread-safe, movable.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read;
  Fd write;
};

// open(2) with O_CLOEXEC added. Throws Error naming `path`.
Fd open(const std::string& path, int flags, unsigned mode = 0);
// openat(2) with O_CLOEXEC added. Throws Error.
Fd openat(int dir, const std::string& path, int flags, unsigned mode = 0);
// openat2(2) with RESOLVE_IN_ROOT: `path` (absolute or not, symlinks and ".." included) is resolved as if
// `root` were "/". For every path that comes from an image or is used inside a container's rootfs. Throws
// Error.
Fd open_in_root(int root, const std::string& path, int flags, unsigned mode = 0);
// The same for what may well not be there: empty, with errno, where it cannot be opened.
Fd try_open_in_root(int root, const std::string& path, int flags, unsigned mode = 0) noexcept;
// pipe2(O_CLOEXEC). Throws Error.
Pipe pipe();
// fcntl(F_DUPFD_CLOEXEC). Throws Error.
Fd dup(int fd);
// Clears close-on-exec so that `fd` survives the next exec. Throws Error.
void keep_on_exec(int fd);

// Reads to end of file. Throws Error.
std::string read_all(int fd);
// Writes every byte, retrying short writes and EINTR. Throws Error.
void write_all(int fd, const void* data, size_t size);
void write_all(int fd, const std::string& text);

}  // namespace sys
