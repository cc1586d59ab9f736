#include "compose/cli/project_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include "compose/execute/executor.h"

namespace compose::cli {
namespace {

std::string lock_path(const std::string& run_root, const std::string& project) {
  return run_root + "/locks/" + project;
}

// "compose up (pid 123)", from what the holder wrote.
std::string holder(const std::string& path) {
  const std::string text = sys::read_file_if_exists(path).value_or("");
  const size_t space = text.find(' ');
  if (space == std::string::npos) return "another command";
  return fmt::format("`compose {}` (pid {})", text.substr(0, space),
                     text.substr(space + 1, text.find('\n') - space - 1));
}

std::string waiting_for(const std::string& path, const std::string& project) {
  return fmt::format("waiting for {}, which is working on project {}", holder(path), project);
}

}  // namespace

ProjectLock::ProjectLock(sys::FileLock lock, const std::string& path, const std::string& command)
    : lock_(std::move(lock)) {
  // Written in place: the lock is on this very file, so it must not be replaced.
  const sys::Fd file = sys::open(path, O_WRONLY | O_TRUNC);
  sys::write_all(file.get(), fmt::format("{} {}\n", command, ::getpid()));
}

ProjectLock ProjectLock::acquire(const std::string& run_root, const std::string& project,
                                 const std::string& command, const Say& say) {
  const std::string path = lock_path(run_root, project);
  sys::make_dirs(run_root + "/locks", 0711);
  auto lock = sys::FileLock::try_acquire(path);
  if (!lock) {
    say(waiting_for(path, project));
    lock = sys::FileLock::acquire(path);
  }
  return {std::move(*lock), path, command};
}

std::optional<ProjectLock> ProjectLock::acquire(const std::string& run_root, const std::string& project,
                                                const std::string& command, const Say& say,
                                                const Cancellation& cancellation) {
  constexpr int kRetryMs = 100;  // flock(2) cannot be waited for together with a descriptor
  const std::string path = lock_path(run_root, project);
  sys::make_dirs(run_root + "/locks", 0711);
  for (bool said = false;;) {
    if (auto lock = sys::FileLock::try_acquire(path)) return ProjectLock(std::move(*lock), path, command);
    if (!said) say(waiting_for(path, project));
    said = true;
    pollfd cancelled{cancellation.fd(), POLLIN, 0};
    if (::poll(&cancelled, 1, kRetryMs) > 0) return std::nullopt;
  }
}

bool ProjectLock::is_held(const std::string& run_root, const std::string& project) {
  const sys::Fd file(::open(lock_path(run_root, project).c_str(), O_RDONLY | O_CLOEXEC));
  return file && ::flock(file.get(), LOCK_SH | LOCK_NB) != 0;
}

}  // namespace compose::cli
