#include "engine/tar_objects.h"

#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/upper_walk.h"
#include "sys/error.h"

namespace engine {

namespace {
constexpr size_t kReadSize = 256 * 1024;
}  // namespace

Xattrs layer_xattrs_of(int fd, const std::string& what) {
  Xattrs kept = read_xattrs(fd, what);
  std::erase_if(kept, [](const auto& entry) { return !is_layer_xattr(entry.first); });
  return kept;
}

std::string link_target(int fd, const struct stat& status, const std::string& what) {
  std::string target(static_cast<size_t>(status.st_size) + 1, '\0');
  const ssize_t n = sys::check(::readlinkat(fd, "", target.data(), target.size()), "readlinkat", what);
  target.resize(static_cast<size_t>(n));
  return target;
}

TarObjects::TarObjects(const ByteSink& sink) : sink_(sink), buffer_(kReadSize) {}

void TarObjects::add(const std::string& name, int fd, const struct stat& status, const std::string& what) {
  if (S_ISSOCK(status.st_mode)) return;
  TarEntry entry = tar_entry(name, status);
  if (S_ISDIR(status.st_mode)) {
    entry.name += '/';
    entry.type = TarEntry::Type::kFolder;
    entry.xattrs = layer_xattrs_of(fd, what);
    return put(tar_header(entry));
  }
  if (is_later_name(status, entry)) return put(tar_header(entry));
  entry.xattrs = layer_xattrs_of(fd, what);
  if (S_ISREG(status.st_mode)) return write_file(what, fd, entry);
  write_special(what, fd, status, entry);
}

std::vector<std::string> TarObjects::finish() {
  put(tar_trailer());
  return std::move(shrunk_);
}

bool TarObjects::is_later_name(const struct stat& status, TarEntry& entry) {
  if (status.st_nlink < 2) return false;
  const auto [found, first] = names_.try_emplace({status.st_dev, status.st_ino}, entry.name);
  if (first) return false;
  entry.type = TarEntry::Type::kHardlink;
  entry.link = found->second;
  return true;
}

void TarObjects::write_file(const std::string& what, int path_fd, TarEntry& entry) {
  const sys::Fd fd = open_to_read(path_fd, what);
  struct stat status {};
  sys::check(::fstat(fd.get(), &status), "fstat", what);
  entry.size = status.st_size;
  put(tar_header(entry));
  int64_t left = entry.size;
  while (left > 0) {
    const size_t want = std::min(buffer_.size(), static_cast<size_t>(left));
    const ssize_t n = ::read(fd.get(), buffer_.data(), want);
    if (n < 0 && errno == EINTR) continue;
    if (sys::check(n, "read", what) == 0) break;
    sink_(buffer_.data(), static_cast<size_t>(n));
    left -= n;
  }
  if (left > 0) fill_up(what, left);
  put(std::string(tar_padding(entry.size), '\0'));
}

// The header has promised so many bytes.
void TarObjects::fill_up(const std::string& what, int64_t left) {
  shrunk_.push_back(what);
  std::fill(buffer_.begin(), buffer_.end(), '\0');
  while (left > 0) {
    const size_t size = std::min(buffer_.size(), static_cast<size_t>(left));
    sink_(buffer_.data(), size);
    left -= static_cast<int64_t>(size);
  }
}

void TarObjects::write_special(const std::string& what, int fd, const struct stat& status, TarEntry& entry) {
  switch (status.st_mode & S_IFMT) {
    case S_IFLNK:
      entry.type = TarEntry::Type::kSymlink;
      entry.mode = 0777;
      entry.link = link_target(fd, status, what);
      break;
    case S_IFIFO:
      entry.type = TarEntry::Type::kFifo;
      break;
    default:
      entry.type = S_ISBLK(status.st_mode) ? TarEntry::Type::kBlockDevice : TarEntry::Type::kCharDevice;
      entry.device_major = major(status.st_rdev);
      entry.device_minor = minor(status.st_rdev);
  }
  put(tar_header(entry));
}

}  // namespace engine
