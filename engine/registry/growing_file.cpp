#include "engine/registry/growing_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/error.h"
#include "sys/error.h"

namespace engine::registry {

namespace {
constexpr size_t kPiece = 256 * 1024;
}

GrowingFile::GrowingFile(std::string path)
    : path_(std::move(path)), fd_(sys::open(path_, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600)) {
  waiting_.reserve(2 * kPiece);
}

GrowingFile::GrowingFile(std::string path, Whole)
    : path_(std::move(path)), fd_(sys::open(path_, O_RDONLY | O_NOFOLLOW)), finished_(true) {
  struct stat status {};
  sys::check(::fstat(fd_.get(), &status), "fstat", path_);
  written_ = status.st_size;
}

void GrowingFile::append(const char* data, size_t size) {
  waiting_.append(data, size);
  if (waiting_.size() >= kPiece) flush();
}

void GrowingFile::flush() {
  if (waiting_.empty()) return;
  sys::write_all(fd_.get(), waiting_);
  const std::lock_guard<std::mutex> lock(mutex_);
  written_ += static_cast<int64_t>(waiting_.size());
  waiting_.clear();
  grown_.notify_all();
}

void GrowingFile::finish() {
  flush();
  const std::lock_guard<std::mutex> lock(mutex_);
  finished_ = true;
  grown_.notify_all();
}

void GrowingFile::fail() {
  const std::lock_guard<std::mutex> lock(mutex_);
  failed_ = !finished_;
  grown_.notify_all();
}

bool GrowingFile::finished() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return finished_;
}

bool GrowingFile::failed() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failed_;
}

int64_t GrowingFile::written() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return written_;
}

size_t GrowingFile::read(int64_t offset, char* buffer, size_t size) {
  int64_t there = 0;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    grown_.wait(lock, [&] { return written_ > offset || finished_ || failed_; });
    if (failed_) throw Error(Error::Kind::kUnavailable, "the transfer of " + path_ + " has ended early");
    there = written_;
  }
  if (offset >= there) return 0;
  const size_t wanted = std::min(size, static_cast<size_t>(there - offset));
  for (;;) {
    const ssize_t n = ::pread(fd_.get(), buffer, wanted, offset);
    if (n < 0 && errno == EINTR) continue;
    return static_cast<size_t>(sys::check(n, "pread", path_));
  }
}

}  // namespace engine::registry
