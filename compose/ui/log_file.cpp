#include "compose/ui/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "sys/error.h"

namespace compose::ui {
namespace {

constexpr size_t kBlock = 64 * 1024;

struct Found {
  int64_t offset;  // where the wanted record begins
  size_t missing;  // records that an older file must give
};

// Looks for the place `count` records before the end of the file.
Found find_last(int fd, int64_t size, size_t count) {
  std::vector<char> block(kBlock);
  size_t newlines = 0;
  for (int64_t end = size; end > 0;) {
    const int64_t begin = std::max<int64_t>(0, end - static_cast<int64_t>(kBlock));
    const ssize_t n = sys::check(::pread(fd, block.data(), static_cast<size_t>(end - begin), begin), "pread");
    for (ssize_t i = n - 1; i >= 0; --i) {
      if (block[static_cast<size_t>(i)] != '\n') continue;
      // The newline that ends the wanted stretch's predecessor: what follows it is the stretch.
      if (newlines == count) return {begin + i + 1, 0};
      ++newlines;
    }
    end = begin;
  }
  return {0, count - std::min(count, newlines)};
}

}  // namespace

int LogFile::oldest_index() const {
  int index = 0;
  while (::access(rotated(index + 1).c_str(), F_OK) == 0) ++index;
  return index;
}

void LogFile::open_index(int index, int64_t offset) {
  fd_ = sys::Fd(::open(rotated(index).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_ && errno != ENOENT) sys::fail("open", rotated(index));
  offset_ = offset;
  buffer_.clear();
  at_ = 0;
}

int64_t LogFile::end_offset(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_size : 0;
}

void LogFile::skip_to_last(size_t count) {
  const int oldest = oldest_index();
  for (int index = 0; index <= oldest; ++index) {
    open_index(index, 0);
    if (!fd_) continue;
    struct stat status {};
    sys::check(::fstat(fd_.get(), &status), "fstat", path_);
    const Found found = find_last(fd_.get(), status.st_size, count);
    offset_ = found.offset;
    if (found.missing == 0) return;
    count = found.missing;
  }
}

void LogFile::skip_to_offset(int64_t offset) {
  open_index(0, std::min(offset, end_offset(path_)));
}

bool LogFile::fill() {
  if (!fd_) return false;
  struct stat status {};
  sys::check(::fstat(fd_.get(), &status), "fstat", path_);
  if (status.st_size < offset_) offset_ = 0;  // truncated in place
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  const size_t old = buffer_.size();
  buffer_.resize(old + kBlock);
  const ssize_t n = sys::check(::pread(fd_.get(), buffer_.data() + old, kBlock, offset_), "pread", path_);
  buffer_.resize(old + static_cast<size_t>(n));
  offset_ += n;
  return n > 0;
}

// At the end of the open file: on to the next newer one, if the open one was rotated away.
bool LogFile::advance_file() {
  if (!fd_) {
    open_index(oldest_index(), 0);
    return static_cast<bool>(fd_);
  }
  struct stat mine {};
  sys::check(::fstat(fd_.get(), &mine), "fstat", path_);
  const int oldest = oldest_index();
  for (int index = 0; index <= oldest; ++index) {
    struct stat other {};
    if (::stat(rotated(index).c_str(), &other) != 0 || other.st_ino != mine.st_ino ||
        other.st_dev != mine.st_dev)
      continue;
    if (index == 0) return false;
    open_index(index - 1, 0);
    return static_cast<bool>(fd_);
  }
  if (::access(path_.c_str(), F_OK) != 0) return false;  // deleted, nothing new yet
  open_index(oldest, 0);
  return static_cast<bool>(fd_);
}

std::optional<LogRecord> LogFile::next() {
  if (returned_) return std::exchange(returned_, std::nullopt);
  for (;;) {
    const size_t end = buffer_.find('\n', at_);
    if (end != std::string::npos) {
      auto record = parse_log_record(std::string_view(buffer_).substr(at_, end - at_));
      at_ = end + 1;
      if (record) return record;
      continue;
    }
    if (!fill() && !advance_file()) return std::nullopt;
  }
}

}  // namespace compose::ui
