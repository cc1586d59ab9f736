#include "engine/build/file_data.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "sys/error.h"
#include "sys/fd.h"

namespace engine::build {
namespace {

constexpr off_t kStride = 16 << 20;

bool is_unsupported(int error) {
  return error == EXDEV || error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EPERM;
}

void copy_by_hand(int from, int to, off_t at, off_t end) {
  std::vector<char> buffer(1 << 17);
  while (at < end) {
    const size_t wanted = std::min<size_t>(buffer.size(), static_cast<size_t>(end - at));
    const ssize_t n = ::pread(from, buffer.data(), wanted, at);
    if (n < 0 && errno == EINTR) continue;
    if (sys::check(n, "pread") == 0) return;
    for (ssize_t done = 0; done < n;) {
      const ssize_t m = ::pwrite(to, buffer.data() + done, static_cast<size_t>(n - done), at + done);
      if (m < 0 && errno == EINTR) continue;
      done += sys::check(m, "pwrite");
    }
    at += n;
  }
}

void copy_range(int from, int to, off_t at, off_t end) {
  off_t out = at;
  while (at < end) {
    const ssize_t n = ::copy_file_range(from, &at, to, &out, static_cast<size_t>(end - at), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && is_unsupported(errno)) return copy_by_hand(from, to, at, end);
    if (sys::check(n, "copy_file_range") == 0) return;
  }
}

void copy_data(int from, int to, off_t size, const std::function<void()>& check) {
  if (::ioctl(to, FICLONE, from) == 0) return;
  for (off_t at = 0; at < size;) {
    off_t data = ::lseek(from, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // only a hole is left
    off_t end = data < 0 ? -1 : ::lseek(from, data, SEEK_HOLE);
    if (end < 0) {
      data = at;
      end = size;
    }
    end = std::min(end, size);
    for (at = data; at < end; at = std::min(end, at + kStride)) {
      if (check) check();
      copy_range(from, to, at, std::min(end, at + kStride));
    }
  }
  sys::check(::ftruncate(to, size), "ftruncate");
}

}  // namespace

void copy_file_data(int from, int to, off_t size, const std::function<void()>& check,
                    const std::string& what) {
  if (size == 0) return;
  try {
    copy_data(from, to, size, check);
  } catch (const sys::Error& error) {
    throw sys::Error(error.code(), error.call(), error.object().empty() ? what : error.object());
  }
}

}  // namespace engine::build
