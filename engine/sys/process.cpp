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
#include "sys/random.h"

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

std::string own_name(std::string_view prefix) {
  const pid_t self = ::getpid();
  return std::string(prefix) + std::to_string(self) + '-' + std::to_string(start_time_of(self).value_or(0)) +
         '-' + random_hex(16);
}

std::optional<ProcessId> owner_of_name(const std::string& name, std::string_view prefix) {
  if (name.compare(0, prefix.size(), prefix) != 0) return std::nullopt;
  int pid = 0, end = 0;
  unsigned long long start_time = 0;
  // NOLINTNEXTLINE(cert-err34-c): a number out of range names no live process
  if (std::sscanf(name.c_str() + prefix.size(), "%d-%llu-%n", &pid, &start_time, &end) != 2 || end == 0)
    return std::nullopt;
  return ProcessId{pid, start_time};
}

}  // namespace sys
