#pragma once
// Starting programs with man 3 posix_spawn: safe from any thread, no fork of our own.
#include <spawn.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "sys/fd.h"

namespace sys {

// A program to come, in a session of its own, with no signal blocked or ignored. Of the caller's descriptors
// it has what is given and what is not closed on exec. All throw Error.
class Spawn {
 public:
  // Numbers below `first_free` may be given.
  explicit Spawn(int first_free);
  ~Spawn();
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  // `fd` becomes `number` in the child; -1: nothing does.
  void give(int fd, int number);
  void open(int number, const std::string& path, int flags, mode_t mode = 0);
  // Starts it; words[0] is its name for itself. Returns the child, for the caller to reap.
  pid_t start(const std::string& program, const std::vector<std::string>& words);

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  std::vector<Fd> held_;
  int first_free_;
};

// Waits until a child of ours has ended and reaps it. Returns its status as man 2 waitpid has it; 0 for what
// is no child.
int wait_for(pid_t child) noexcept;

}  // namespace sys
