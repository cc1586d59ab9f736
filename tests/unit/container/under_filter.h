#pragma once
// A system call under a compiled seccomp filter.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace container_test {

// errno of a system call made by a child under this filter; 0 when it succeeded, 128 + the signal that it was
// killed by, 254 when the filter cannot be loaded.
inline int under_filter(std::string filter, long number, long a = 0, long b = 0, long c = 0, long d = 0,
                        long e = 0) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    sock_fprog program{static_cast<unsigned short>(filter.size() / sizeof(sock_filter)),
                       reinterpret_cast<sock_filter*>(filter.data())};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) ::_exit(254);
    ::_exit(::syscall(number, a, b, c, d, e) < 0 ? errno : 0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace container_test
