#include "engine/container/clone.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/clone3.h"
#include "sys/error.h"

namespace engine {

namespace {

clone_args arguments_for(uint64_t flags, const sys::Fd& folder, int& pidfd) {
  clone_args arguments{};
  arguments.flags = flags | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<uintptr_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  if (folder) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(folder.get());
  }
  return arguments;
}

#if defined(__x86_64__)
constexpr size_t kStackSize = 1 << 20;  // what is touched of it counts
constexpr size_t kGuardSize = 4096;

class Stack {
 public:
  Stack()
      : place_(::mmap(nullptr, kGuardSize + kStackSize, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0)) {
    if (place_ == MAP_FAILED) sys::fail("mmap", "stack");
    sys::check(::mprotect(bottom(), kStackSize, PROT_READ | PROT_WRITE), "mprotect", "stack");
  }
  ~Stack() { ::munmap(place_, kGuardSize + kStackSize); }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  char* bottom() { return static_cast<char*>(place_) + kGuardSize; }

 private:
  void* place_;
};
#endif

}  // namespace

pid_t clone_process(uint64_t namespaces, const sys::Fd& folder, sys::Fd& pidfd) {
  int fd = -1;
  clone_args arguments = arguments_for(namespaces, folder, fd);
  const auto pid =
      static_cast<pid_t>(sys::check(::syscall(SYS_clone3, &arguments, sizeof arguments), "clone3"));
  if (pid != 0) pidfd.reset(fd);
  return pid;
}

pid_t clone_sharing(uint64_t namespaces, const sys::Fd& folder, sys::Fd& pidfd, void (*main)(const void*),
                    const void* argument) {
#if defined(__x86_64__)
  if constexpr (sys::kSharesMemory) {
    Stack stack;
    int fd = -1;
    clone_args arguments = arguments_for(namespaces | CLONE_VM | CLONE_VFORK, folder, fd);
    arguments.stack = reinterpret_cast<uintptr_t>(stack.bottom());
    arguments.stack_size = kStackSize;
    const long pid = sys::clone3_into(arguments, main, argument);
    if (pid < 0) throw sys::Error(static_cast<int>(-pid), "clone3", "");
    pidfd.reset(fd);
    return static_cast<pid_t>(pid);
  }
#endif
  const pid_t pid = clone_process(namespaces, folder, pidfd);
  if (pid == 0) main(argument);
  return pid;
}

pid_t clone_sibling(pid_t& pid) noexcept {
  return static_cast<pid_t>(
      ::syscall(SYS_clone, CLONE_PARENT | CLONE_PARENT_SETTID, nullptr, &pid, nullptr, nullptr));
}

}  // namespace engine
