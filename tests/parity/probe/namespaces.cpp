// Making and entering namespaces, by every call that can.
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "probe.h"

namespace probe {

namespace {

struct Namespace {
  const char* name;
  uint64_t flag;
  bool by_clone;  // CLONE_NEWTIME shares its bit with the exit signal of clone(2)
};

constexpr Namespace kNamespaces[] = {{"mnt", CLONE_NEWNS, true},    {"cgroup", CLONE_NEWCGROUP, true},
                                     {"uts", CLONE_NEWUTS, true},   {"ipc", CLONE_NEWIPC, true},
                                     {"user", CLONE_NEWUSER, true}, {"pid", CLONE_NEWPID, true},
                                     {"net", CLONE_NEWNET, true},   {"time", 0x80, false}};

// The child, which must not go on with what its parent does, ends at once.
long reaped(long pid) {
  if (pid == 0) ::_exit(0);
  const int error = errno;
  if (pid > 0) ::waitpid(static_cast<pid_t>(pid), nullptr, __WALL);
  errno = error;
  return pid;
}

long clone_with(uint64_t flags) {
  return reaped(::syscall(SYS_clone, flags | SIGCHLD, 0UL, 0UL, 0UL, 0UL));
}

long clone3_with(uint64_t flags) {
  clone_args arguments{};
  arguments.flags = flags;
  arguments.exit_signal = SIGCHLD;
  return reaped(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

}  // namespace

void try_namespaces() {
  attempt("clone.none", [] { return clone_with(0); });
  attempt("clone3.none", [] { return clone3_with(0); });
  attempt("unshare.none", [] { return ::unshare(0); });
  attempt("unshare.files", [] { return ::unshare(CLONE_FILES); });
  attempt("unshare.fs", [] { return ::unshare(CLONE_FS); });
  for (const Namespace& space : kNamespaces) {
    const std::string name = space.name;
    const auto flag = space.flag;
    attempt("unshare." + name, [=] { return ::syscall(SYS_unshare, flag); });
    if (space.by_clone) attempt("clone." + name, [=] { return clone_with(flag); });
    attempt("clone3." + name, [=] { return clone3_with(flag); });
    attempt("setns." + name, [=] {
      const int fd = ::open(("/proc/self/ns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
      return fd < 0 ? -1 : ::setns(fd, static_cast<int>(flag));
    });
  }
  // The kernel looks at the low half of clone's flags only, a filter at all of them.
  attempt("clone.user in the low half", [] { return clone_with(0x100000000 | CLONE_NEWUSER); });
}

}  // namespace probe
