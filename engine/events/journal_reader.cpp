#include "engine/events/journal_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/events/journal.h"
#include "sys/error.h"

namespace engine {

namespace {

constexpr int kAttempts = 1000;  // a look at a folder that changes all the time

sys::Fd open_if_there(const std::string& path) {
  sys::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno != ENOENT) sys::fail("open", path);
  return fd;
}

}  // namespace

JournalReader::JournalReader(std::string folder, bool history) : folder_(std::move(folder)) {
  std::optional<File> first = open_after(0);
  if (!history) {
    // The last of them, from its end on.
    while (first && first->number) {
      last_ = *first->number;
      first = open_after(last_);
    }
  }
  if (!first) return;
  file_ = std::move(first->fd);
  if (history) return;
  char last = '\n';
  const off_t end = sys::check(::lseek(file_.get(), 0, SEEK_END), "lseek", folder_);
  if (end > 0 && ::pread(file_.get(), &last, 1, end - 1) == 1) skip_line_ = last != '\n';
}

// Of the files after that of this number the first. A name that is renamed between look and look is looked at
// again: the number that a file has in the end is above all that were there before.
std::optional<JournalReader::File> JournalReader::open_after(int64_t number) const {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::vector<int64_t> before = journal_numbers(folder_);
    const auto next = std::upper_bound(before.begin(), before.end(), number);
    if (next != before.end()) {
      sys::Fd fd = open_if_there(folder_ + '/' + std::to_string(*next));
      if (fd) return File{std::move(fd), *next};
      continue;  // too old by now
    }
    sys::Fd fd = open_if_there(folder_ + '/' + kJournalName);
    if (journal_numbers(folder_) != before) continue;
    if (!fd) return std::nullopt;
    return File{std::move(fd), std::nullopt};
  }
  throw sys::Error(EAGAIN, "read the journal of events", folder_);
}

std::optional<int64_t> JournalReader::number_of(const sys::Fd& fd) const {
  struct stat ours {};
  sys::check(::fstat(fd.get(), &ours), "fstat", folder_);
  for (const int64_t number : journal_numbers(folder_)) {
    struct stat named {};
    if (::stat((folder_ + '/' + std::to_string(number)).c_str(), &named) == 0 && named.st_ino == ours.st_ino)
      return number;
  }
  return std::nullopt;
}

void JournalReader::read(const std::function<bool(const Event&)>& take) {
  for (;;) {
    if (!file_) {
      std::optional<File> first = open_after(last_);
      if (!first) return;
      file_ = std::move(first->fd);
    }
    if (!read_file(take) || !advance()) return;
    // It was complete when it got its number.
    if (!read_file(take)) return;
    file_.reset();
    open_line_.clear();
    skip_line_ = false;
  }
}

// True when our file has been renamed: what it still holds is all it ever will.
bool JournalReader::advance() {
  struct stat ours {
  }, named{};
  sys::check(::fstat(file_.get(), &ours), "fstat", folder_);
  if (::stat((folder_ + '/' + kJournalName).c_str(), &named) == 0 && named.st_ino == ours.st_ino)
    return false;
  if (const auto number = number_of(file_)) {
    last_ = *number;
    return true;
  }
  if (ours.st_nlink != 0) return false;  // renamed between the two looks; somebody wakes us again
  // Gone already, with its number: all that are there are later ones.
  const std::vector<int64_t> numbers = journal_numbers(folder_);
  last_ = numbers.empty() ? last_ : std::max(last_, numbers.front() - 1);
  return true;
}

bool JournalReader::read_file(const std::function<bool(const Event&)>& take) {
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::read(file_.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (sys::check(n, "read", folder_) == 0) return true;
    std::string_view rest(buffer, static_cast<size_t>(n));
    for (size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      open_line_.append(rest.substr(0, end));
      rest.remove_prefix(end + 1);
      const std::string line = std::exchange(open_line_, {});
      if (std::exchange(skip_line_, false) || line.empty()) continue;
      const std::optional<Event> event = event_from_json(line);
      if (event && !take(*event)) return false;
    }
    open_line_.append(rest);
  }
}

}  // namespace engine
