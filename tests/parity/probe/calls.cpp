// System calls a default container is refused or allowed, each with arguments that mean something and, where
// it is allowed, change nothing that outlives the call.
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "probe.h"

namespace probe {

namespace {

constexpr const char* kNowhere = "/.no-such-file";

void try_mounts() {
  attempt("call.mount", [] { return ::mount("none", "/tmp", "tmpfs", 0, nullptr); });
  attempt("call.mount.bind", [] { return ::mount("/etc", "/tmp", nullptr, MS_BIND, nullptr); });
  attempt("call.mount.remount",
          [] { return ::mount(nullptr, "/proc/sys", nullptr, MS_REMOUNT | MS_BIND, nullptr); });
  attempt("call.umount2", [] { return ::umount2(kNowhere, MNT_DETACH); });
  attempt("call.pivot_root", [] { return ::syscall(SYS_pivot_root, kNowhere, kNowhere); });
  attempt("call.chroot", [] { return ::chroot("/"); });
  attempt("call.fsopen", [] { return ::syscall(SYS_fsopen, "tmpfs", 0); });
  attempt("call.fsconfig", [] { return ::syscall(SYS_fsconfig, -1, 0, nullptr, nullptr, 0); });
  attempt("call.fsmount", [] { return ::syscall(SYS_fsmount, -1, 0, 0); });
  attempt("call.fspick", [] { return ::syscall(SYS_fspick, AT_FDCWD, kNowhere, 0); });
  attempt("call.move_mount", [] { return ::syscall(SYS_move_mount, -1, kNowhere, -1, kNowhere, 0); });
  attempt("call.open_tree", [] { return ::syscall(SYS_open_tree, AT_FDCWD, "/", 0); });
  attempt("call.open_tree.clone", [] { return ::syscall(SYS_open_tree, AT_FDCWD, "/", 1); });
  attempt("call.mount_setattr", [] {
    uint64_t nothing[4]{};
    return ::syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, nothing, sizeof nothing);
  });
  attempt("call.swapon", [] { return ::syscall(SYS_swapon, kNowhere, 0); });
  attempt("call.swapoff", [] { return ::syscall(SYS_swapoff, kNowhere); });
  attempt("call.quotactl", [] { return ::syscall(SYS_quotactl, 0x80000300, kNowhere, 0, nullptr); });
  attempt("call.acct", [] { return ::syscall(SYS_acct, kNowhere); });
  attempt("call.mknod.device", [] {
    const int result = ::mknod("/tmp/.probe-node", S_IFCHR | 0600, makedev(1, 3));
    if (result == 0) ::unlink("/tmp/.probe-node");
    return result;
  });
  attempt("call.mknod.fifo", [] {
    const int result = ::mknod("/tmp/.probe-fifo", S_IFIFO | 0600, 0);
    if (result == 0) ::unlink("/tmp/.probe-fifo");
    return result;
  });
  attempt("call.fanotify_init", [] { return ::fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY); });
  attempt("call.fanotify_init.unprivileged",
          [] { return ::fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_CLOEXEC, O_RDONLY); });
}

// struct file_handle with room behind it.
constexpr unsigned kHandleBytes = 64;
struct Handle {
  unsigned size = kHandleBytes;
  int type = 0;
  unsigned char bytes[kHandleBytes]{};
};

void try_handles() {
  attempt("call.name_to_handle_at", [] {
    Handle handle;
    int id = 0;
    return ::syscall(SYS_name_to_handle_at, AT_FDCWD, "/proc", &handle, &id, 0);
  });
  attempt("call.open_by_handle_at", [] {
    const Handle handle;
    return ::syscall(SYS_open_by_handle_at, AT_FDCWD, &handle, O_RDONLY);
  });
}

void try_kernel() {
  attempt("call.bpf", [] {
    bpf_attr attributes{};
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = attributes.value_size = 4;
    attributes.max_entries = 1;
    return ::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
  });
  attempt("call.perf_event_open", [] {
    perf_event_attr event{};
    event.size = sizeof event;
    event.type = PERF_TYPE_SOFTWARE;
    event.config = PERF_COUNT_SW_TASK_CLOCK;
    event.exclude_kernel = event.exclude_hv = 1;
    return ::syscall(SYS_perf_event_open, &event, 0, -1, -1, 0UL);
  });
  attempt("call.kexec_load", [] { return ::syscall(SYS_kexec_load, 0, ~0UL, nullptr, 0UL); });
  attempt("call.kexec_file_load", [] { return ::syscall(SYS_kexec_file_load, -1, -1, 0, nullptr, 0UL); });
  attempt("call.init_module", [] { return ::syscall(SYS_init_module, nullptr, 0UL, ""); });
  attempt("call.finit_module", [] { return ::syscall(SYS_finit_module, -1, "", 0); });
  attempt("call.delete_module", [] { return ::syscall(SYS_delete_module, "no_such_module", O_NONBLOCK); });
  attempt("call.reboot", [] { return ::syscall(SYS_reboot, 0, 0, 0, nullptr); });  // wrong magic numbers
  attempt("call.syslog.size", [] { return ::syscall(SYS_syslog, 10, nullptr, 0); });
  attempt("call.syslog.read", [] {
    char text[64];
    return ::syscall(SYS_syslog, 3, text, sizeof text);
  });
  attempt("call.sethostname", [] {
    char name[256]{};
    ::gethostname(name, sizeof name - 1);
    return ::sethostname(name, std::strlen(name));
  });
  attempt("call.setdomainname", [] { return ::setdomainname("(none)", 6); });
  attempt("call.vhangup", [] { return ::syscall(SYS_vhangup); });
#ifdef __x86_64__
  attempt("call.iopl.0", [] { return ::syscall(SYS_iopl, 0); });
  attempt("call.iopl.3", [] { return ::syscall(SYS_iopl, 3); });
  attempt("call.ioperm", [] { return ::syscall(SYS_ioperm, 0x80, 1, 1); });
  attempt("call.modify_ldt", [] {
    char entries[64];
    return ::syscall(SYS_modify_ldt, 0, entries, sizeof entries);
  });
  attempt("call.arch_prctl", [] {
    unsigned long base = 0;
    return ::syscall(SYS_arch_prctl, 0x1003 /* ARCH_GET_FS */, &base);
  });
#endif
  attempt("call.lookup_dcookie", [] { return ::syscall(SYS_lookup_dcookie, 0UL, nullptr, 0UL); });
  attempt("call.nfsservctl", [] { return ::syscall(SYS_nfsservctl, 0, nullptr, nullptr); });
}

void try_clocks() {
  // The monotonic clock cannot be set by anybody.
  attempt("call.clock_settime", [] {
    const timespec now{1, 0};
    return ::syscall(SYS_clock_settime, CLOCK_MONOTONIC, &now);
  });
  attempt("call.settimeofday", [] { return ::syscall(SYS_settimeofday, nullptr, nullptr); });
  attempt("call.adjtimex.query", [] {
    timex query{};
    return ::adjtimex(&query);
  });
  const auto same = [](timex& now) {
    ::adjtimex(&now);
    now.modes = ADJ_TAI;
    now.constant = now.tai;
  };
  attempt("call.adjtimex.set", [&] {
    timex now{};
    same(now);
    return ::adjtimex(&now);
  });
  attempt("call.clock_adjtime.set", [&] {
    timex now{};
    same(now);
    return ::syscall(SYS_clock_adjtime, CLOCK_REALTIME, &now);
  });
}

void try_keys() {
  attempt("call.keyctl",
          [] { return ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0); });
  attempt("call.add_key", [] {
    return ::syscall(SYS_add_key, "user", "confinement-probe", "x", 1UL, KEY_SPEC_PROCESS_KEYRING);
  });
  attempt("call.request_key",
          [] { return ::syscall(SYS_request_key, "user", "confinement-probe-none", nullptr, 0); });
}

void try_processes() {
  attempt("call.ptrace.traceme", [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); });
  attempt("call.ptrace.attach", [] {
    const pid_t child = ::fork();
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    const long result = ::ptrace(PTRACE_ATTACH, child, nullptr, nullptr);
    const int error = errno;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, __WALL);
    errno = error;
    return result;
  });
  attempt("call.process_vm_readv", [] {
    int from = 1, to = 0;
    iovec local{&to, sizeof to}, remote{&from, sizeof from};
    return ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0) < 0 ? -1L : 0L;
  });
  attempt("call.kcmp",
          [] { return ::syscall(SYS_kcmp, ::getpid(), ::getpid(), 0, 0UL, 1UL) < 0 ? -1L : 0L; });
  attempt("call.pidfd_getfd", [] {
    const long self = ::syscall(SYS_pidfd_open, ::getpid(), 0);
    return self < 0 ? -1 : ::syscall(SYS_pidfd_getfd, self, 0, 0);
  });
  attempt("call.setuid.0", [] { return ::setuid(0); });
  attempt("call.setgroups", [] {
    const gid_t group = 7;
    return ::syscall(SYS_setgroups, 1, &group);
  });
  attempt("call.nice.raise", [] { return ::nice(-5); });
  attempt("call.sched_setscheduler.fifo", [] {
    const sched_param parameter{1};
    return ::sched_setscheduler(0, SCHED_FIFO, &parameter);
  });
  attempt("call.prctl.ambient", [] { return ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 13, 0, 0); });
  attempt("call.prctl.no_new_privs", [] { return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); });
  attempt("call.seccomp", [] {
    const unsigned action = SECCOMP_RET_ALLOW;
    return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
  });
  for (const unsigned long persona :
       {0x0UL, 0x8UL, 0x20000UL, 0x20008UL, 0xffffffffUL, 0x40000UL, 0x400000UL, 0x1UL, 0x1000000040000UL}) {
    char name[64];
    std::snprintf(name, sizeof name, "call.personality.%lx", persona);
    attempt(name, [&] { return ::syscall(SYS_personality, persona); });
  }
}

void try_memory() {
  attempt("call.get_mempolicy",
          [] { return ::syscall(SYS_get_mempolicy, nullptr, nullptr, 0UL, nullptr, 0UL); });
  attempt("call.set_mempolicy", [] { return ::syscall(SYS_set_mempolicy, 0, nullptr, 0UL); });
  attempt("call.mbind", [] { return ::syscall(SYS_mbind, nullptr, 0UL, 0, nullptr, 0UL, 0U); });
  attempt("call.move_pages", [] { return ::syscall(SYS_move_pages, 0, 0UL, nullptr, nullptr, nullptr, 0); });
  attempt("call.migrate_pages", [] { return ::syscall(SYS_migrate_pages, 0, 0UL, nullptr, nullptr); });
  attempt("call.userfaultfd", [] { return ::syscall(SYS_userfaultfd, O_CLOEXEC); });
  attempt("call.userfaultfd.user",
          [] { return ::syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY); });
  attempt("call.mlock", [] {
    static char page[4096];
    return ::syscall(SYS_mlock, page, sizeof page);
  });
  attempt("call.io_setup", [] {
    aio_context_t context = 0;
    return ::syscall(SYS_io_setup, 1, &context);
  });
  attempt("call.io_uring_setup", [] {
    char parameters[120]{};
    return ::syscall(SYS_io_uring_setup, 1, parameters);
  });
  attempt("call.io_uring_enter", [] { return ::syscall(SYS_io_uring_enter, -1, 0, 0, 0, nullptr, 0UL); });
  attempt("call.io_uring_register", [] { return ::syscall(SYS_io_uring_register, -1, 0, nullptr, 0); });
}

void try_sockets() {
  const auto try_socket = [](const char* name, long family, int type, int protocol = 0) {
    attempt(std::string("socket.") + name, [=] { return ::syscall(SYS_socket, family, type, protocol); });
  };
  try_socket("inet", AF_INET, SOCK_STREAM);
  try_socket("inet6", AF_INET6, SOCK_STREAM);
  try_socket("unix", AF_UNIX, SOCK_STREAM);
  try_socket("netlink", AF_NETLINK, SOCK_RAW);
  try_socket("raw", AF_INET, SOCK_RAW, IPPROTO_ICMP);
  try_socket("ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
  try_socket("packet", AF_PACKET, SOCK_RAW);
  try_socket("key", 15, SOCK_RAW, 2);
  try_socket("bluetooth", 31, SOCK_RAW);
  try_socket("alg", 38, SOCK_SEQPACKET);
  try_socket("alg in the low half", 0x100000000 | 38, SOCK_SEQPACKET);
  try_socket("vsock", 40, SOCK_STREAM);
  try_socket("vsock in the low half", 0x100000000 | 40, SOCK_STREAM);
  try_socket("xdp", 44, SOCK_RAW);
  try_socket("unknown family", 60, SOCK_STREAM);
  attempt("socketpair.unix", [] {
    int pair[2];
    return ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  });
  attempt("bind.port 80", [] {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(80);
    return ::bind(::socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&address), sizeof address);
  });
}

}  // namespace

void try_calls() {
  try_mounts();
  try_handles();
  try_kernel();
  try_clocks();
  try_keys();
  try_processes();
  try_memory();
  try_sockets();
}

}  // namespace probe
