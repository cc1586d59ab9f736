#pragma once
// One mutating command at a time on a project: an flock(2) on <run_root>/locks/<project>. The file holds the
// command and pid of the holder, for those who wait.
#include <functional>
#include <optional>
#include <string>

#include "sys/file.h"

namespace compose {
class Cancellation;
}

namespace compose::cli {

class ProjectLock {
 public:
  using Say = std::function<void(const std::string&)>;
  // Waits until the lock is free, telling `say` once for whom. Throws sys::Error.
  static ProjectLock acquire(const std::string& run_root, const std::string& project,
                             const std::string& command, const Say& say);
  // As acquire, but gives up (nothing) once `cancellation` is set.
  static std::optional<ProjectLock> acquire(const std::string& run_root, const std::string& project,
                                            const std::string& command, const Say& say,
                                            const Cancellation& cancellation);
  // True while some process holds the project's lock.
  static bool is_held(const std::string& run_root, const std::string& project);

 private:
  ProjectLock(sys::FileLock lock, const std::string& path, const std::string& command);
  sys::FileLock lock_;
};

}  // namespace compose::cli
