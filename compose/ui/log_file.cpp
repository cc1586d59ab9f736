#include "compose/ui/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "engine/error.h"
#include "engine/registry/inflate.h"
#include "sys/error.h"

namespace compose::ui {
namespace {

constexpr size_t kBlock = 64 * 1024;
constexpr int kMostTries = 100;  // to open a file before it is renamed again

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

LogFile::LogFile(std::string path) : path_(std::move(path)) {}
LogFile::~LogFile() = default;
LogFile::LogFile(LogFile&&) noexcept = default;
LogFile& LogFile::operator=(LogFile&&) noexcept = default;

// False when it is not what it was any more; nothing has changed then.
bool LogFile::open_part(const LogPart& part) {
  sys::Fd fd(::open(part.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno != ENOENT) sys::fail("open", part.path);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || FileId{status.st_dev, status.st_ino} != part.id) return false;
  fd_ = std::move(fd);
  id_ = part.id;
  inflate_.reset();
  if (part.compressed) {
    const auto read = [raw = fd_.get(), path = part.path](char* into, size_t size) {
      return static_cast<size_t>(sys::check(::read(raw, into, size), "read", path));
    };
    inflate_ = std::make_unique<engine::registry::Inflate>(read, part.path);
  }
  offset_ = 0;
  buffer_.clear();
  at_ = 0;
  return true;
}

// Of the part that is open: begins `count` records before its end. Returns how many it lacks; nothing when it
// was renamed meanwhile.
std::optional<size_t> LogFile::skip_back(const LogPart& part, size_t count) {
  if (!part.compressed) {
    struct stat status {};
    sys::check(::fstat(fd_.get(), &status), "fstat", path_);
    const Found found = find_last(fd_.get(), status.st_size, count);
    offset_ = found.offset;
    return found.missing;
  }
  size_t lines = 0;
  do {
    while (next_line()) ++lines;
  } while (fill());
  if (!open_part(part)) return std::nullopt;
  for (size_t passed = 0; passed + count < lines;) {
    if (next_line())
      ++passed;
    else if (!fill())
      break;
  }
  return count - std::min(lines, count);
}

void LogFile::skip_to_last(size_t count) {
  for (int tries = 0; tries < kMostTries; ++tries) {
    std::optional<size_t> missing = count;
    for (const LogPart& part : log_parts(path_)) {
      missing = open_part(part) ? skip_back(part, *missing) : std::nullopt;
      if (!missing || *missing == 0) break;
    }
    if (missing) return;
  }
}

void LogFile::skip_to_end() {
  skip_to_last(0);
}

bool LogFile::fill() {
  if (!fd_) return false;
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  const size_t old = buffer_.size();
  buffer_.resize(old + kBlock);
  ssize_t n = 0;
  if (inflate_) {
    try {
      n = static_cast<ssize_t>(inflate_->read(buffer_.data() + old, kBlock));
    } catch (const engine::Error&) {  // damaged: what could be read of it was
      n = 0;
    }
  } else {
    struct stat status {};
    sys::check(::fstat(fd_.get(), &status), "fstat", path_);
    if (status.st_size < offset_) offset_ = 0;  // truncated in place
    n = sys::check(::pread(fd_.get(), buffer_.data() + old, kBlock, offset_), "pread", path_);
    offset_ += n;
  }
  buffer_.resize(old + static_cast<size_t>(n));
  return n > 0;
}

// At the end of the open file: on to the next newer one, if the open one was rotated away.
bool LogFile::advance_file() {
  for (int tries = 0; tries < kMostTries; ++tries) {
    const std::vector<LogPart> parts = log_parts(path_);
    const auto mine =
        std::find_if(parts.begin(), parts.end(), [this](const LogPart& part) { return fd_ && part.is(id_); });
    if (mine != parts.end() && mine == parts.begin()) return false;
    // What was written between the last read and the renaming; after that nobody writes to it.
    if (fill()) return true;
    if (parts.empty()) return false;
    if (open_part(mine == parts.end() ? parts.back() : *std::prev(mine))) return true;
  }
  return false;
}

std::optional<std::string_view> LogFile::next_line() {
  const size_t end = buffer_.find('\n', at_);
  if (end == std::string::npos) return std::nullopt;
  const std::string_view line = std::string_view(buffer_).substr(at_, end - at_);
  at_ = end + 1;
  return line;
}

std::optional<LogRecord> LogFile::next() {
  if (returned_) return std::exchange(returned_, std::nullopt);
  for (;;) {
    if (const auto line = next_line()) {
      if (auto record = parse_log_record(*line)) return record;
    } else if (!fill() && !advance_file()) {
      return std::nullopt;
    }
  }
}

}  // namespace compose::ui
