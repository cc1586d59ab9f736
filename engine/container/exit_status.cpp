#include "engine/container/exit_status.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdint>

#include "engine/container/launch.h"

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

}  // namespace

int take_exit_status(int pidfd) {
  siginfo_t info{};
  for (;;) {
    if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED) == 0) {
      return exit_code_of(info.si_code, info.si_status);
    }
    if (errno != EINTR) break;
  }
  // The kernel tells strangers once the parent has reaped the process, which poll shows as POLLHUP.
  pollfd reaped{pidfd, 0, 0};
  ::poll(&reaped, 1, 1000);
  PidfdInfo told{};
  told.mask = kExitWanted;
  if (::ioctl(pidfd, kGetInfo, &told) != 0 || (told.mask & kExitWanted) == 0) return kExitUnknown;
  return WIFSIGNALED(told.exit_code) ? 128 + WTERMSIG(told.exit_code) : WEXITSTATUS(told.exit_code);
}

}  // namespace engine
