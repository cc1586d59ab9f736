#include "engine/container/exit_status.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "engine/container/launch.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

// struct pidfd_info and its ioctl, which the headers of Debian 12 do not have yet (linux/pidfd.h).
struct PidfdInfo {
  uint64_t mask;
  uint64_t cgroupid;
  uint32_t pid, tgid, ppid;
  uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
  int32_t exit_code;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr uint64_t kExitWanted = 1U << 3;
constexpr unsigned long kGetInfo = _IOWR(0xFF, 11, PidfdInfo);

int code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// "Pid:\t1234" in the descriptor's fdinfo (man 5 proc_pid_fdinfo).
std::string number_of(int pidfd) {
  const std::string text = sys::read_file("/proc/self/fdinfo/" + std::to_string(pidfd));
  const size_t at = text.find("\nPid:\t");
  return at == std::string::npos ? "" : text.substr(at + 6, text.find('\n', at + 1) - at - 6);
}

// Of one that has ended and was not reaped yet: the last field of its stat (man 5 proc_pid_stat).
std::optional<int> status_of_zombie(int pidfd) noexcept {
  try {
    const std::string stat = sys::read_file("/proc/" + number_of(pidfd) + "/stat");
    const size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos || stat.compare(name_end, 3, ") Z") != 0) return std::nullopt;
    // It is still there, so the number was its own.
    if (::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0) != 0) return std::nullopt;
    return static_cast<int>(std::strtol(stat.c_str() + stat.rfind(' '), nullptr, 10));
  } catch (const std::exception&) {  // reaped meanwhile
    return std::nullopt;
  }
}

}  // namespace

int take_exit_status(int pidfd) {
  siginfo_t info{};
  for (;;) {
    if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED) == 0) {
      return exit_code_of(info.si_code, info.si_status);
    }
    if (errno != EINTR) break;
  }
  if (const auto status = status_of_zombie(pidfd)) return code_of(*status);
  // The kernel tells strangers once the parent has reaped the process, which poll shows as POLLHUP.
  pollfd reaped{pidfd, 0, 0};
  ::poll(&reaped, 1, 1000);
  PidfdInfo told{};
  told.mask = kExitWanted;
  if (::ioctl(pidfd, kGetInfo, &told) != 0 || (told.mask & kExitWanted) == 0) return kExitUnknown;
  return code_of(told.exit_code);
}

}  // namespace engine
