// Rules the kernel enforces for us, asked directly: the compiled seccomp filter, and cgroup v2's device
// program.
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "engine/container/cgroup.h"
#include "engine/container/seccomp.h"
#include "engine/error.h"
#include "fixture.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/random.h"
#include "under_filter.h"

namespace {

// errno of a system call made by a child under the filter for these capabilities; 0 when it succeeded.
int errno_under_filter(const std::vector<std::string>& capabilities, long number, long a = 0, long b = 0,
                       long c = 0, long d = 0, long e = 0) {
  return container_test::under_filter(engine::compile_default_seccomp(capabilities), number, a, b, c, d, e);
}

// What a process in this v2 group may do with devices: 0 when the standard rules hold.
int device_rules_broken_in(const std::string& folder) {
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    sys::write_knob(folder + "/cgroup.procs", "0");
    const std::string node = "/tmp/compose-node-" + sys::random_hex(12);
    int result = 0;
    if (::open("/dev/null", O_RDWR) < 0) result = 1;
    if (::open("/dev/urandom", O_RDONLY) < 0) result = 2;
    if (::mknod(node.c_str(), S_IFCHR | 0600, ::makedev(1, 1)) != 0) result = 3;
    if (::open(node.c_str(), O_RDONLY) >= 0 || errno != EPERM) result = 4;
    ::unlink(node.c_str());
    ::_exit(result);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("The default filter refuses what containers have been left by") {
  const auto plain = engine::effective_capabilities({}, {}, false);
  const auto call = [&](long number, long a = 0, long b = 0) {
    return errno_under_filter(plain, number, a, b);
  };
  for (const long number : {SYS_keyctl,
                            SYS_add_key,
                            SYS_request_key,
                            SYS_bpf,
                            SYS_perf_event_open,
                            SYS_userfaultfd,
                            SYS_io_uring_setup,
                            SYS_mount,
                            SYS_umount2,
                            SYS_fsopen,
                            SYS_open_tree,
                            SYS_move_mount,
                            SYS_mount_setattr,
                            SYS_pivot_root,
                            SYS_setns,
                            SYS_unshare,
                            SYS_init_module,
                            SYS_kexec_load,
                            SYS_reboot,
                            SYS_swapon,
                            SYS_open_by_handle_at,
                            SYS_settimeofday,
                            SYS_clock_settime,
                            SYS_iopl,
                            SYS_acct,
                            SYS_quotactl}) {
    INFO("call " << number);
    CHECK(call(number) == EPERM);
  }
  CHECK(call(SYS_clone3) == ENOSYS);
  for (const long flag : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID})
    CHECK(call(SYS_clone, flag) == EPERM);
  CHECK(call(SYS_socket, AF_ALG, SOCK_SEQPACKET) == EPERM);
  CHECK(call(SYS_socket, AF_VSOCK, SOCK_STREAM) == EPERM);
  // The kernel drops the high half of the argument; the filter sees it.
  for (const long high : {0x100000000, 0x7fffffff00000000}) {
    CHECK(call(SYS_socket, high + AF_ALG, SOCK_SEQPACKET) == EPERM);
    CHECK(call(SYS_socket, high + AF_VSOCK, SOCK_STREAM) == EPERM);
  }
  CHECK(call(SYS_personality, 0x0040000 /* ADDR_NO_RANDOMIZE */) == EPERM);
}

TEST_CASE("Calls newer than libseccomp are decided all the same, and those nobody knows are ENOSYS") {
  const auto plain = engine::effective_capabilities({}, {}, false);
  const auto admin = engine::effective_capabilities({"SYS_ADMIN"}, {}, false);
  constexpr long kOpenTreeAttr = 467, kStatmount = 457, kLsmGetSelfAttr = 459, kLastKnown = 469;
  // The kernel's own answer to nonsense, or that it has no such call.
  const auto is_let_through = [](int error) { return error != EPERM; };
  CHECK(is_let_through(errno_under_filter(plain, kStatmount)));
  CHECK(errno_under_filter(plain, kOpenTreeAttr, -1) == EPERM);
  CHECK(errno_under_filter(plain, kLsmGetSelfAttr) == EPERM);
  CHECK(is_let_through(errno_under_filter(admin, kOpenTreeAttr, -1)));
  CHECK(is_let_through(errno_under_filter(admin, kLsmGetSelfAttr)));
  for (const long number : {kLastKnown + 1, 600L, 4000L, 0x3fffffffL}) {
    INFO("call " << number);
    CHECK(errno_under_filter(plain, number) == ENOSYS);
    CHECK(errno_under_filter(admin, number) == ENOSYS);
  }
  // x32's numbers have a bit set, which makes a refused call no other: keyctl, and an unknown one.
  CHECK(errno_under_filter(plain, 0x40000000 | SYS_keyctl) == EPERM);
  CHECK(errno_under_filter(plain, 0x40000000 | 600) == ENOSYS);
  // ptrace of its own: allowed, and the kernel, which rarely has x32, decides.
  CHECK(is_let_through(errno_under_filter(plain, 0x40000000 | 521)));
}

TEST_CASE("The default filter lets ordinary programs be") {
  const auto plain = engine::effective_capabilities({}, {}, false);
  const auto call = [&](long number, long a = 0, long b = 0) {
    return errno_under_filter(plain, number, a, b);
  };
  CHECK(call(SYS_getpid) == 0);
  CHECK(call(SYS_socket, AF_INET, SOCK_STREAM) == 0);
  CHECK(call(SYS_socket, AF_UNIX, SOCK_STREAM) == 0);
  CHECK(call(SYS_socket, AF_NETLINK, SOCK_RAW) == 0);
  CHECK(call(SYS_socket, AF_PACKET, SOCK_RAW) == 0);
  CHECK(call(SYS_socket, 0x100000000 + AF_INET, SOCK_STREAM) == 0);
  CHECK(call(SYS_personality, 0xffffffff) == 0);
  CHECK(call(SYS_close_range, 100, 200) == 0);
  CHECK(call(SYS_epoll_create1) == 0);
}

TEST_CASE("Capabilities open the calls they are for") {
  const auto admin = engine::effective_capabilities({"SYS_ADMIN"}, {}, false);
  CHECK(errno_under_filter(admin, SYS_mount) != EPERM);
  CHECK(errno_under_filter(admin, SYS_clone3) == EINVAL);
  CHECK(errno_under_filter(admin, SYS_keyctl) == EPERM);
}

TEST_CASE("On cgroup v2 the device program allows the standard nodes and refuses others") {
  if (!container_test::is_root()) return;
  const std::string path = "/compose-test-" + std::to_string(::getpid()) + "-" + sys::random_hex(8);
  const engine::Cgroup cgroup(path);
  std::string folder;
  for (const auto& hierarchy : cgroup.hierarchies()) {
    if (hierarchy.v2) folder = cgroup.folder(hierarchy);
  }
  if (folder.empty()) {
    WARN("skipped: this host has no cgroup v2");
    return;
  }
  sys::make_dirs(folder);
  engine::cgroup_v2::restrict_devices(folder, engine::device_access({}).rules);
  CHECK(device_rules_broken_in(folder) == 0);
  cgroup.remove();
  CHECK(::access(folder.c_str(), F_OK) != 0);
}

TEST_CASE(
    "Without the controller devices the program of v2 does its work, and without both nothing is started") {
  if (!container_test::is_root()) return;
  const std::string path = "/compose-test-" + std::to_string(::getpid()) + "-" + sys::random_hex(8);
  std::vector<engine::CgroupHierarchy> some;
  const engine::CgroupHierarchy* v2 = nullptr;
  const engine::Cgroup all(path);
  for (const auto& hierarchy : all.hierarchies()) {
    if (hierarchy.v2) v2 = &hierarchy;
    for (const auto& name : hierarchy.controllers) {
      if (name == "pids" || name == "freezer") some.push_back(hierarchy);
    }
  }
  const auto refused = [](const engine::Error& error) {
    return error.kind() == engine::Error::Kind::kUnavailable;
  };
  for (const auto& hierarchies : {some, std::vector<engine::CgroupHierarchy>()}) {
    engine::Cgroup without(path, hierarchies);
    CHECK_THROWS_MATCHES(without.create({}, engine::device_access({})), engine::Error,
                         Catch::Predicate<engine::Error>(refused, "unavailable"));
    CHECK_NOTHROW(without.create({}, engine::DeviceAccess{true, {}}));
    without.remove();
  }
  if (v2 == nullptr || some.empty()) {
    WARN("skipped in part: this host has not both kinds of cgroups");
    return;
  }
  some.push_back(*v2);
  engine::Cgroup hybrid(path, some);
  hybrid.create({}, engine::device_access({}));
  CHECK(device_rules_broken_in(hybrid.folder(*v2)) == 0);
  hybrid.remove();
}
