#include "sys/process.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "sys/error.h"
#include "sys/file.h"

namespace sys {

std::optional<uint64_t> start_time_of(pid_t pid) {
  std::string stat;
  try {
    stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  } catch (const Error&) {
    return std::nullopt;
  }
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  size_t at = stat.rfind(')');
  if (at == std::string::npos || at + 2 >= stat.size()) return std::nullopt;
  at += 2;
  if (stat[at] == 'Z' || stat[at] == 'X') return std::nullopt;
  for (int field = 3; field < 22; ++field) {
    at = stat.find(' ', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
  }
  return std::strtoull(stat.c_str() + at, nullptr, 10);
}

bool is_alive(const ProcessId& id) {
  return id.pid > 0 && start_time_of(id.pid) == id.start_time;
}

Fd open_pidfd(const ProcessId& id) {
  if (id.pid <= 0) return Fd();
  Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, id.pid, 0)));
  if (!fd) {
    if (errno == ESRCH) return Fd();
    fail("pidfd_open", std::to_string(id.pid));
  }
  // The descriptor is taken first and the start time compared after, so the pid cannot change hands in
  // between.
  if (!is_alive(id)) return Fd();
  return fd;
}

bool send_signal(const Fd& pidfd, int signal) {
  if (!pidfd) return false;
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0) return true;
  if (errno == ESRCH) return false;
  fail("pidfd_send_signal", std::to_string(signal));
}

}  // namespace sys
