#pragma once
// Whole files, folders and locks.
#include <optional>
#include <string>
#include <string_view>

#include "sys/fd.h"

namespace sys {

// The file's bytes. Throws Error.
std::string read_file(const std::string& path);
// As read_file, but nothing when the file does not exist. Other errors throw.
std::optional<std::string> read_file_if_exists(const std::string& path);

enum class Durability {
  kLoose,   // after a power cut the file may be empty; in return the file system need not see to its blocks
            // now
  kRename,  // as rename(2) has it: on ext4 and others it has the old or the new bytes
  kSynced   // the file and its folder are fsynced
};

// Replaces `path` atomically: a temporary name in the same folder, then rename(2), or for kLoose an exchange
// of the two names. A reader sees the old or the new bytes, never a mix. Throws Error.
void write_file_atomic(const std::string& path, std::string_view bytes, unsigned mode = 0644,
                       Durability durability = Durability::kRename);
// Writes to an existing file (a cgroup or /proc knob) in one write(2). Throws Error.
void write_knob(const std::string& path, std::string_view value);

// mkdir -p. Folders made get `mode`, whatever the umask. Throws Error.
void make_dirs(const std::string& path, unsigned mode = 0755);
// rm -rf that never leaves the tree (no symlink is followed, no mount crossed); a missing path is no error.
// Throws Error.
void remove_tree(const std::string& path);

// An flock(2) on a file that is created when missing (0600; a symlink is refused); released on destruction or
// process end. Exclusive unless it says otherwise.
class FileLock {
 public:
  // Waits until the lock is free. Throws Error.
  static FileLock acquire(const std::string& path);
  // Together with other shared ones; waits until no exclusive one is held. Throws Error.
  static FileLock acquire_shared(const std::string& path);
  // Nothing when another process holds it. Throws Error.
  static std::optional<FileLock> try_acquire(const std::string& path);

  // A copy of it, also one that another process has been given, holds the lock as well.
  int descriptor() const noexcept { return fd_.get(); }

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace sys
