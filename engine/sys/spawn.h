#pragma once
// Starting programs: safe from any thread, and without a copy of the caller's memory.
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace sys {

// A program that is being started. Meanwhile its process works in the caller's memory (CLONE_VM), beside the
// caller: not for who is about to give rights up.
class Begun {
 public:
  struct Order;

  Begun() noexcept;
  explicit Begun(std::unique_ptr<Order> order) noexcept;
  Begun(Begun&& other) noexcept;
  Begun& operator=(Begun&& other) noexcept;
  ~Begun();  // waits until the child has left the caller's memory: it executes, or has failed

  // Of a child of the caller's; -1 when there is none, or it has failed.
  pid_t pid() const noexcept;
  // The same wait. Throws Error when the program cannot be executed; its process is reaped then.
  void settle();

 private:
  std::unique_ptr<Order> order_;  // the child reads it until it has begun
};

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
  // It is born into the v2 control group whose folder this is, where the kernel lets it; empty: the caller's.
  void into_cgroup(Fd folder);
  // Each is the last use of this object. words[0] is the program's name for itself.
  Begun begin(const std::string& program, const std::vector<std::string>& words);
  // Returns when the program runs: the child, for the caller to reap.
  pid_t start(const std::string& program, const std::vector<std::string>& words);

 private:
  std::unique_ptr<Begun::Order> order_;
  std::vector<Fd> held_;
  Fd cgroup_;
  int first_free_;
};

// Waits until a child of ours has ended and reaps it. Returns its status as man 2 waitpid has it; 0 for what
// is no child.
int wait_for(pid_t child) noexcept;

}  // namespace sys
