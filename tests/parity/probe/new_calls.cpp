// System calls that came after Linux 5.10, by number, as the headers of older systems have no names for them.
// From 424 on the numbers are the same on every architecture. What the C library probes for has to say ENOSYS
// when it is refused, or programs that would do without it fail.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "probe.h"

namespace probe {

namespace {

long call(long number, unsigned long a = 0, unsigned long b = 0, unsigned long c = 0, unsigned long d = 0,
          unsigned long e = 0) {
  return ::syscall(number, a, b, c, d, e, 0UL);
}

unsigned long address(const void* pointer) {
  return reinterpret_cast<unsigned long>(pointer);
}

constexpr auto kHere = static_cast<unsigned long>(AT_FDCWD);

void try_processes() {
  attempt("new.epoll_pwait2", [] { return call(441, ~0UL); });
  attempt("new.process_madvise", [] { return call(440, ~0UL); });
  attempt("new.quotactl_fd", [] { return call(443, ~0UL); });
  attempt("new.landlock_create_ruleset", [] { return call(444, 0, 0, 1); });  // asks for the version
  attempt("new.landlock_add_rule", [] { return call(445, ~0UL); });
  attempt("new.landlock_restrict_self", [] { return call(446, ~0UL); });
  attempt("new.memfd_secret", [] { return call(447); });
  attempt("new.process_mrelease", [] { return call(448, ~0UL); });
  attempt("new.futex_waitv", [] { return call(449); });
  attempt("new.set_mempolicy_home_node", [] { return call(450); });
  attempt("new.futex_wake", [] {
    static uint32_t word = 0;
    return call(454, address(&word), 1, 0, 2);
  });
  attempt("new.futex_wait", [] {
    static uint32_t word = 0;
    return call(455, address(&word), 1, 1, 2);  // another value than it has: EAGAIN
  });
  attempt("new.futex_requeue", [] { return call(456); });
  attempt("new.map_shadow_stack", [] { return call(453); });
  attempt("new.mseal", [] { return call(462); });
#ifdef __x86_64__
  attempt("new.uretprobe", [] { return call(335); });
  attempt("new.uprobe", [] { return call(336); });
#endif
}

void try_files() {
  attempt("new.openat2", [] {
    const uint64_t how[3] = {O_PATH, 0, 0};
    return call(437, kHere, address("/"), address(how), sizeof how);
  });
  attempt("new.faccessat2", [] { return call(439, kHere, address("/"), 0, 0); });
  attempt("new.close_range", [] { return call(436, 100, 200, 0); });
  attempt("new.cachestat", [] { return call(451, ~0UL); });
  attempt("new.fchmodat2",
          [] { return call(452, kHere, address("/.no-such-file"), 0644, AT_SYMLINK_NOFOLLOW); });
  attempt("new.statmount", [] { return call(457); });
  attempt("new.listmount", [] { return call(458); });
  attempt("new.setxattrat",
          [] { return call(463, kHere, address("/.no-such-file"), 0, address("user.x"), 0); });
  attempt("new.getxattrat",
          [] { return call(464, kHere, address("/.no-such-file"), 0, address("user.x"), 0); });
  attempt("new.listxattrat", [] { return call(465, kHere, address("/"), 0, 0, 0); });
  attempt("new.removexattrat",
          [] { return call(466, kHere, address("/.no-such-file"), 0, address("user.x")); });
  attempt("new.open_tree_attr", [] { return call(467, kHere, address("/.no-such-file")); });
  attempt("new.file_getattr", [] { return call(468, kHere, address("/.no-such-file")); });
  attempt("new.file_setattr", [] { return call(469, kHere, address("/.no-such-file")); });
}

}  // namespace

void try_new_calls() {
  try_processes();
  try_files();
  attempt("new.lsm_get_self_attr", [] { return call(459); });
  attempt("new.lsm_set_self_attr", [] { return call(460); });
  attempt("new.lsm_list_modules", [] { return call(461); });
  for (const long number : {480L, 500L, 511L, 600L, 1000L, 4000L})
    attempt("new.unknown " + std::to_string(number), [=] { return call(number); });
}

}  // namespace probe
