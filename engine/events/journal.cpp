#include "engine/events/journal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "sys/error.h"
#include "sys/fd.h"
#include "sys/folder.h"

namespace engine {

namespace {

constexpr size_t kLongestAttribute = 4096, kLongestLine = 65536;
constexpr int kKept = 2;
constexpr int kAttempts = 50, kPauseMs = 1;  // a process that was stopped while it renamed holds nobody up

bool lock(int fd, int operation) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (::flock(fd, operation | LOCK_NB) == 0) return true;
    ::poll(nullptr, 0, kPauseMs);
  }
  return false;
}

// The file that has the name now, locked for writing; one that is renamed meanwhile is let go.
sys::Fd open_journal(const std::string& path) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    sys::Fd file = sys::open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0600);
    lock(file.get(), LOCK_SH);
    struct stat ours {
    }, named{};
    if (::fstat(file.get(), &ours) == 0 && ::stat(path.c_str(), &named) == 0 && ours.st_ino == named.st_ino)
      return file;
  }
  return {};
}

void rotate(const std::string& folder, const std::string& path, const sys::Fd& file, int64_t limit) {
  struct stat ours {
  }, named{};
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return;  // who writes now will find it too large as well
  if (::fstat(file.get(), &ours) != 0 || ::stat(path.c_str(), &named) != 0) return;
  if (ours.st_ino != named.st_ino || ours.st_size < limit) return;
  const std::vector<int64_t> numbers = journal_numbers(folder);
  const int64_t next = numbers.empty() ? 1 : numbers.back() + 1;
  if (::rename(path.c_str(), (folder + '/' + std::to_string(next)).c_str()) != 0) return;
  for (const int64_t number : numbers)
    if (number <= next - kKept) ::unlink((folder + '/' + std::to_string(number)).c_str());
}

std::string line_of(Event& event) {
  std::erase_if(event.attributes, [](const auto& entry) { return entry.second.size() > kLongestAttribute; });
  std::string text = to_json(event);
  if (text.size() > kLongestLine) {
    std::erase_if(event.attributes, [](const auto& entry) {
      return entry.first != "name" && entry.first != "image" &&
             !entry.first.starts_with("com.docker.compose.");
    });
    text = to_json(event);
  }
  return '\n' + text + '\n';
}

}  // namespace

std::vector<int64_t> journal_numbers(const std::string& folder) {
  std::vector<int64_t> numbers;
  for (const std::string& name : sys::names_in(folder))
    if (const int64_t number = std::atoll(name.c_str()); number > 0) numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

int64_t unix_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void append_event(const std::string& folder, Event event, int64_t limit) noexcept {
  try {
    const std::string path = folder + '/' + kJournalName;
    const sys::Fd file = open_journal(path);
    if (!file) return;
    if (event.time_ns == 0) event.time_ns = unix_ns();
    const std::string line = line_of(event);
    if (::write(file.get(), line.data(), line.size()) < 0) return;
    struct stat status {};
    if (::fstat(file.get(), &status) == 0 && status.st_size >= limit) rotate(folder, path, file, limit);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see the header
  }
}

}  // namespace engine
