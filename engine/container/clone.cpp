#include "engine/container/clone.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/error.h"

namespace engine {

pid_t clone_process(uint64_t namespaces, const sys::Fd& folder, sys::Fd& pidfd) {
  int fd = -1;
  clone_args arguments{};
  arguments.flags = namespaces | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<uintptr_t>(&fd);
  arguments.exit_signal = SIGCHLD;
  if (folder) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(folder.get());
  }
  const auto pid =
      static_cast<pid_t>(sys::check(::syscall(SYS_clone3, &arguments, sizeof arguments), "clone3"));
  if (pid != 0) pidfd.reset(fd);
  return pid;
}

pid_t clone_sibling(pid_t& pid) noexcept {
  return static_cast<pid_t>(
      ::syscall(SYS_clone, CLONE_PARENT | CLONE_PARENT_SETTID, nullptr, &pid, nullptr, nullptr));
}

}  // namespace engine
