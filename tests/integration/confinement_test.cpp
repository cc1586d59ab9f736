// How a container is confined when nothing is said, row by row of the table in reference/engine.md, "Default
// confinement", as the probe finds it from inside. What Docker does otherwise stands in
// tests/parity/confinement.explained.
#include "confinement.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <set>

#include "places.h"
#include "sys/file.h"

using it::Confinement;
using it::Sandbox;

namespace {

constexpr char kDefaultCapabilities[] = "00000000a80425fb";  // the fourteen
constexpr char kNone[] = "0000000000000000";

std::string own_capabilities() {
  const std::string text = sys::read_file("/proc/self/status");
  return text.substr(text.find("CapBnd:\t") + 8, 16);
}

// Every row must have this value; those that do not are told.
void check_all(const Confinement& inside, const std::vector<std::string>& rows,
               const std::set<std::string>& values) {
  for (const std::string& row : rows) {
    INFO(row << "=" << inside[row]);
    CHECK(values.contains(inside[row]));
  }
}

}  // namespace

TEST_CASE(
    "confinement: capabilities are the fourteen, a user has none, and they are added and dropped as asked") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto check = [&](const std::string& attributes, const std::string& bounding,
                         const std::string& effective) {
    const Confinement inside(sandbox, attributes);
    INFO(attributes);
    CHECK(inside["status.CapBnd"] == bounding);
    CHECK(inside["status.CapPrm"] == effective);
    CHECK(inside["status.CapEff"] == effective);
    CHECK(inside["status.CapInh"] == kNone);
    CHECK(inside["status.CapAmb"] == kNone);
  };
  check("", kDefaultCapabilities, kDefaultCapabilities);
  check("    user: \"1000\"\n", kDefaultCapabilities, kNone);
  check("    cap_drop: [ALL]\n", kNone, kNone);
  check("    cap_drop: [ALL]\n    cap_add: [NET_BIND_SERVICE]\n", "0000000000000400", "0000000000000400");
  check("    cap_add: [SYS_TIME]\n    cap_drop: [NET_RAW]\n", "00000000aa0405fb", "00000000aa0405fb");
  check("    cap_add: [ALL]\n", own_capabilities(), own_capabilities());
  sandbox.finish();
}

TEST_CASE("confinement: the filter refuses what reaches beyond a container, by every way into the kernel") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  for (const std::string attributes : {"", "    user: \"1000\"\n"}) {
    const Confinement inside(sandbox, attributes);
    CHECK(inside["status.Seccomp"] == "2");
    CHECK(inside["status.NoNewPrivs"] == "0");
    check_all(inside,
              {"call.mount",
               "call.mount.bind",
               "call.mount.remount",
               "call.umount2",
               "call.pivot_root",
               "call.fsopen",
               "call.fsconfig",
               "call.fsmount",
               "call.fspick",
               "call.move_mount",
               "call.open_tree",
               "call.open_tree.clone",
               "call.mount_setattr",
               "new.open_tree_attr",
               "call.bpf",
               "call.perf_event_open",
               "call.kexec_load",
               "call.kexec_file_load",
               "call.init_module",
               "call.finit_module",
               "call.delete_module",
               "call.clock_settime",
               "call.settimeofday",
               "call.adjtimex.set",
               "call.clock_adjtime.set",
               "call.swapon",
               "call.swapoff",
               "call.reboot",
               "call.open_by_handle_at",
               "call.keyctl",
               "call.add_key",
               "call.request_key",
               "call.io_uring_setup",
               "call.io_uring_enter",
               "call.io_uring_register",
               "call.userfaultfd",
               "call.userfaultfd.user",
               "call.quotactl",
               "new.quotactl_fd",
               "call.acct",
               "call.iopl.0",
               "call.iopl.3",
               "call.ioperm",
               "call.lookup_dcookie",
               "call.nfsservctl",
               "call.syslog.size",
               "call.syslog.read",
               "call.sethostname",
               "call.setdomainname",
               "call.vhangup",
               "call.kcmp",
               "call.pidfd_getfd",
               "call.fanotify_init",
               "call.get_mempolicy",
               "call.set_mempolicy",
               "call.mbind",
               "call.move_pages",
               "socket.alg",
               "socket.alg in the low half",
               "socket.vsock",
               "socket.vsock in the low half",
               "call.personality.40000",
               "call.personality.400000",
               "call.personality.1",
               "call.personality.1000000040000"},
              {"EPERM"});
    for (const auto& [flag, value] : inside.below("unshare.")) {
      INFO("unshare " << flag);
      CHECK(value == "EPERM");
    }
    for (const auto& [flag, value] : inside.below("setns.")) {
      INFO("setns " << flag);
      CHECK(value == "EPERM");
    }
    for (const auto& [flag, value] : inside.below("clone.")) {
      INFO("clone " << flag);
      CHECK(value == (flag == "none" ? "ok" : "EPERM"));
    }
    for (const auto& [flag, value] : inside.below("clone3.")) {
      INFO("clone3 " << flag);
      CHECK(value == "ENOSYS");
    }
    // SIGSEGV, ENOSYS: a kernel without these entries.
    check_all(inside,
              {"i386.mount", "i386.umount", "i386.stime", "i386.iopl", "i386.vm86old", "i386.vm86",
               "i386.clone.user", "i386.keyctl", "i386.unshare.user", "i386.setns", "i386.bpf",
               "i386.open_by_handle_at", "i386.clock_settime64", "i386.personality.40000",
               "i386.io_uring_setup", "i386.socket.alg", "i386.socket.vsock"},
              {"EPERM", "SIGSEGV"});
    check_all(inside, {"i386.clone3", "i386.unknown"}, {"ENOSYS", "SIGSEGV"});
    check_all(inside, {"x32.mount", "x32.unshare.user", "x32.ptrace", "x32.keyctl", "x32.unknown"},
              {"EPERM", "ENOSYS"});
  }
  sandbox.finish();
}

TEST_CASE("confinement: the filter lets ordinary programs be, and a call nobody knew is ENOSYS") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const Confinement inside(sandbox, "    user: \"1000\"\n");
  check_all(inside,
            {"call.ptrace.traceme",
             "call.ptrace.attach",
             "call.process_vm_readv",
             "call.modify_ldt",
             "call.arch_prctl",
             "call.adjtimex.query",
             "call.io_setup",
             "call.mlock",
             "call.seccomp",
             "call.personality.0",
             "call.personality.8",
             "call.personality.20000",
             "call.personality.20008",
             "call.personality.ffffffff",
             "call.mknod.fifo",
             "socket.inet",
             "socket.inet6",
             "socket.unix",
             "socket.netlink",
             "socketpair.unix",
             "new.openat2",
             "new.faccessat2",
             "new.close_range",
             "ptmx.new",
             "ptmx.peer"},
            {"ok"});
  // Newer than the libseccomp we may be linked with; ENOSYS is the kernel's own word.
  check_all(inside, {"new.futex_wake"}, {"ok", "ENOSYS"});
  check_all(inside, {"new.futex_wait"}, {"EAGAIN", "ENOSYS"});
  check_all(inside, {"new.cachestat"}, {"EBADF", "ENOSYS"});
  check_all(inside, {"new.fchmodat2", "new.removexattrat"}, {"ENOENT", "ENOSYS"});
  check_all(inside, {"new.setxattrat", "new.getxattrat", "new.file_getattr", "new.file_setattr"},
            {"EINVAL", "ENOSYS"});
  check_all(inside, {"new.statmount", "new.listmount"}, {"EFAULT", "ENOSYS"});
  check_all(inside, {"new.mseal"}, {"ok", "ENOSYS"});
  for (const auto& [number, value] : inside.below("new.unknown ")) {
    INFO("call " << number);
    CHECK(value == "ENOSYS");
  }
  check_all(inside, {"i386.getpid", "i386.socketcall.inet", "i386.socket.inet", "i386.clock_gettime64"},
            {"ok", "SIGSEGV"});
  sandbox.finish();
}

TEST_CASE("confinement: a capability opens what goes with it, and no more than that") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto check = [&](const std::string& capability, const std::vector<std::string>& opened) {
    const Confinement inside(sandbox, "    cap_add: [" + capability + "]\n");
    for (const std::string& row : opened) {
      INFO(capability << " " << row << "=" << inside[row]);
      CHECK(inside[row] != "EPERM");
    }
    // The machine itself is not to be had by any of them.
    check_all(
        inside,
        {"call.kexec_load", "call.kexec_file_load", "call.swapon", "call.pivot_root", "call.keyctl",
         "call.io_uring_setup", "call.userfaultfd", "socket.alg", "socket.vsock", "call.personality.40000"},
        {"EPERM"});
  };
  check("SYS_ADMIN",
        {"call.mount", "call.umount2", "call.fsopen", "call.open_tree.clone", "call.sethostname",
         "unshare.mnt", "unshare.user", "clone.user", "clone3.user", "setns.net", "call.quotactl"});
  check("SYS_TIME", {"call.clock_settime", "call.settimeofday", "call.adjtimex.set"});
  check("SYS_PTRACE", {"call.kcmp", "call.pidfd_getfd", "new.process_madvise"});
  check("SYS_NICE", {"call.mbind", "call.set_mempolicy", "call.get_mempolicy"});
  check("SYSLOG", {"call.syslog.size"});
  check("SYS_BOOT", {"call.reboot"});
  check("SYS_MODULE", {"call.delete_module"});
  check("SYS_PACCT", {"call.acct"});
  check("DAC_READ_SEARCH", {"call.open_by_handle_at"});
  sandbox.finish();
}

TEST_CASE("confinement: paths of the kernel are masked, read-only, or those of a container") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const Confinement inside(sandbox, "");
  for (const char* name : {"acpi", "asound", "interrupts", "kcore", "keys", "latency_stats", "sched_debug",
                           "scsi", "timer_list", "timer_stats"})
    check_all(inside, {std::string("hidden./proc/") + name}, {"ENOENT", "file, empty", "folder, empty"});
  check_all(inside, {"hidden./sys/firmware", "hidden./sys/devices/virtual/powercap"},
            {"ENOENT", "folder, empty"});
  for (const char* name : {"bus", "fs", "irq", "sys", "sysrq-trigger"})
    check_all(inside, {std::string("write./proc/") + name}, {"ENOENT", "read-only", "EROFS"});
  check_all(inside,
            {"write./proc/sys/kernel/core_pattern", "write./proc/sys/kernel/modprobe",
             "write./proc/sys/vm/panic_on_oom", "write./proc/sys/net/ipv4/ip_forward",
             "write./proc/sys/kernel/shmmax", "write./sys/kernel/uevent_helper", "write./sys/power/state",
             "write./sys/fs/cgroup/devices/devices.allow", "write./sys/fs/cgroup/memory/release_agent"},
            {"ENOENT", "EROFS"});
  check_all(inside, {"write./sys", "write./sys/fs/cgroup"}, {"read-only"});
  check_all(inside,
            {"write./", "write./etc", "write./dev/shm", "write./etc/hosts", "write./etc/hostname",
             "write./etc/resolv.conf"},
            {"writable"});
  CHECK(inside["hostname"] == "as in /etc/hostname");
  CHECK(inside["hostname.letters"] == "12");
  const Confinement closed(sandbox, "    read_only: true\n");
  check_all(closed, {"write./", "write./etc"}, {"read-only"});
  check_all(closed, {"write./etc/hosts", "write./etc/hostname", "write./etc/resolv.conf"}, {"EROFS"});
  check_all(closed, {"write./dev/shm", "write./dev"}, {"writable"});
  sandbox.finish();
}

TEST_CASE("confinement: the mounts are those of the table and no others") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const Confinement inside(sandbox, "    shm_size: 8m\n");
  CHECK(inside["mount./"] == "overlay overlay rw,relatime rw");
  CHECK(inside["mount./proc"] == "proc proc rw,nosuid,nodev,noexec,relatime rw");
  CHECK(inside["mount./dev"] == "tmpfs tmpfs rw,nosuid rw,size=65536k,mode=755");  // strictatime: no relatime
  CHECK(inside["mount./dev/pts"] == "devpts devpts rw,nosuid,noexec,relatime rw,gid=5,mode=620,ptmxmode=666");
  CHECK(inside["mount./dev/shm"] == "tmpfs shm rw,nosuid,nodev,noexec,relatime rw,size=8192k");
  CHECK(inside["mount./dev/mqueue"] == "mqueue mqueue rw,nosuid,nodev,noexec,relatime rw");
  CHECK(inside["mount./sys"] == "sysfs sysfs ro,nosuid,nodev,noexec,relatime rw");
  CHECK_THAT(inside["mount./sys/fs/cgroup"], Catch::Contains(" ro,nosuid,nodev,noexec"));
  for (const char* name : {"hostname", "hosts", "resolv.conf"})
    CHECK_THAT(inside[std::string("mount./etc/") + name], Catch::StartsWith("bind rw"));
  const std::set<std::string> known = {
      "/",    "/proc",         "/dev",       "/dev/pts",         "/dev/shm", "/dev/mqueue",
      "/sys", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/probe"};
  for (const auto& [point, value] : inside.below("mount.")) {
    INFO(point << " " << value);
    const bool covers = point.starts_with("/proc/") || point.starts_with("/sys/");
    CHECK((known.contains(point) || covers));
    if (covers) CHECK(value.find(" ro,nosuid,nodev,noexec") != std::string::npos);
    CHECK(value.find("shared") == std::string::npos);
    CHECK(value.find("slave") == std::string::npos);
  }
  sandbox.finish();
}

TEST_CASE(
    "confinement: the devices are null, zero, full, random, urandom and tty, and no other can be opened") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const Confinement inside(sandbox, "");
  std::map<std::string, std::string> expected = {{"fd", "link to /proc/self/fd"},
                                                 {"full", "c 1:7 0666 0:0"},
                                                 {"mqueue", "folder 1777 0:0"},
                                                 {"null", "c 1:3 0666 0:0"},
                                                 {"ptmx", "link to pts/ptmx"},
                                                 {"pts", "folder 0755 0:0"},
                                                 {"pts/ptmx", "c 5:2 0666 0:0"},
                                                 {"random", "c 1:8 0666 0:0"},
                                                 {"shm", "folder 1777 0:0"},
                                                 {"stderr", "link to /proc/self/fd/2"},
                                                 {"stdin", "link to /proc/self/fd/0"},
                                                 {"stdout", "link to /proc/self/fd/1"},
                                                 {"tty", "c 5:0 0666 0:0"},
                                                 {"urandom", "c 1:9 0666 0:0"},
                                                 {"zero", "c 1:5 0666 0:0"}};
  std::map<std::string, std::string> found = inside.below("dev./dev/");
  if (found.contains("core")) expected["core"] = "link to /proc/kcore";  // where the kernel has it
  CHECK(found == expected);
  for (const char* name : {"null", "zero", "full", "random", "urandom"})
    check_all(inside, {std::string("open.read.") + name, std::string("open.write.") + name}, {"ok"});
  check_all(inside, {"open.read.tun"}, {"ok", "ENXIO", "ENODEV"});  // of no use without CAP_NET_ADMIN
  for (const char* name : {"mem", "port", "kmsg", "tty0", "ttyS0", "hwrng", "fuse", "kvm", "loop-control",
                           "vsock", "userfaultfd", "loop0", "sda", "vda"}) {
    check_all(inside, {std::string("mknod.") + name}, {"ok"});
    check_all(inside, {std::string("open.read.") + name, std::string("open.write.") + name}, {"EPERM"});
  }
  const Confinement user(sandbox, "    user: \"1000\"\n");
  for (const auto& [name, value] : user.below("mknod.")) CHECK(value == "EPERM");
  const Confinement terminal(sandbox, "    tty: true\n");
  CHECK(terminal["dev./dev/console"].find("c 136:0 0620") == 0);
  CHECK(terminal["mount./dev/console"] == "bind rw,nosuid,noexec,relatime");
  sandbox.finish();
}

TEST_CASE("confinement: a program starts with nothing of its caller's") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  // What a careless caller leaves: ignored signals, an open descriptor, another folder, a strange mask.
  const std::string words =
      "trap '' HUP INT QUIT USR1 USR2 PIPE CHLD; umask 077; cd /; exec 7</etc/passwd 9>&1; exec \"$@\"";
  std::string command = "[/probe";
  for (const std::string& argument : it::outside_of_container()) command += ", \"" + argument + '"';
  sandbox.compose_file("services:\n  probe:\n    image: busybox\n    command: " + command +
                       "]\n    volumes: [\"" + places::program("confinement_probe") + ":/probe:ro\"]\n");
  std::vector<std::string> args = {"sh", "-c", words, "sh"};
  for (const std::string& word : sandbox.command({"-f", sandbox.directory() + "/compose.yaml", "up", "-d"}))
    args.push_back(word);
  REQUIRE(it::run(args, sandbox.options()).code == 0);
  sandbox.compose({"wait", "probe"});
  auto inside = it::rows_of(sandbox.log("probe"));
  CHECK(inside["status.SigIgn"] == kNone);
  CHECK(inside["status.SigBlk"] == kNone);
  CHECK(inside["status.Umask"] == "0022");
  CHECK(inside["fds"] == "none");
  CHECK(inside["cwd"] == "/");
  CHECK(inside["pid"] == "1");
  CHECK(inside["session"] == "leads one");
  CHECK(inside["oom_score_adj"] == "0");
  CHECK(inside["nice"] == "0");
  CHECK(inside["env"] == "HOME HOSTNAME PATH");
  CHECK(inside["env.HOME"] == "/root");
  CHECK(inside["status.Groups"] == "0");
  for (const char* name : {"cgroup", "ipc", "mnt", "net", "pid", "uts"}) {
    INFO(name);
    CHECK(inside[std::string("ns.") + name] == "own");
  }
  CHECK(inside["cgroup.path"] == "/");
  CHECK(inside["rlimit.core"] == "unlimited:unlimited");
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const std::string most = std::to_string(std::min<rlim_t>(files.rlim_max, 1048576));
  CHECK((inside["rlimit.nofile"] == "1048576:1048576" || inside["rlimit.nofile"] == most + ':' + most));
  sandbox.finish();
}

TEST_CASE("confinement: who is not root may ping and bind any port in a network of the container's own") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const Confinement inside(sandbox, "    user: \"1000\"\n");
  CHECK(inside["sysctl.net.ipv4.ip_unprivileged_port_start"] == "0");
  CHECK(inside["sysctl.net.ipv4.ping_group_range"] == "0 2147483647");
  CHECK(inside["bind.port 80"] == "ok");
  CHECK(inside["socket.ping"] == "ok");
  CHECK(inside["socket.raw"] == "EPERM");
  CHECK(inside["env.HOME"] == "/");  // it is in no /etc/passwd
  CHECK(inside["status.Groups"] == "0");
  // The host's own network is not ours to open.
  const Confinement host(sandbox, "    user: \"1000\"\n    network_mode: host\n");
  CHECK(host["sysctl.net.ipv4.ip_unprivileged_port_start"] + '\n' ==
        sys::read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start"));
  sandbox.finish();
}

TEST_CASE("confinement: privileged has all capabilities, no masks, no filter, and the host's devices") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const Confinement inside(sandbox, "    privileged: true\n");
  for (const char* set : {"CapBnd", "CapPrm", "CapEff"})
    CHECK(inside[std::string("status.") + set] == own_capabilities());
  CHECK(inside["status.Seccomp"] == "0");
  CHECK(inside["keyring"] == "own");  // not the caller's
  check_all(inside, {"write./proc/sys", "write./sys", "write./proc/irq"}, {"writable"});
  check_all(inside,
            {"call.mount", "unshare.mnt", "unshare.user", "clone3.user", "new.unknown 480", "call.keyctl"},
            {"ok", "ENOSYS"});
  CHECK(inside["hidden./proc/interrupts"] == "file, shown");
  CHECK(inside.has("dev./dev/kmsg"));
  CHECK(inside.below("mount./proc/").empty());
  for (const char* name : {"cgroup", "ipc", "mnt", "net", "pid", "uts"})
    CHECK(inside[std::string("ns.") + name] == "own");
  sandbox.finish();
}

TEST_CASE("confinement: what exec starts is confined as the container's own program") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  for (const std::string attributes : {"", "    user: \"1000\"\n    cap_add: [SYS_PTRACE]\n"}) {
    Confinement first(sandbox, attributes);
    sandbox.compose_file(
        "services:\n  probe:\n    image: busybox\n    stop_grace_period: 0s\n"
        "    command: [sleep, \"1000\"]\n    volumes: [\"" +
        places::program("confinement_probe") + ":/probe:ro\"]\n" + attributes);
    sandbox.ok({"up", "-d"});
    std::vector<std::string> command = {"/probe"};
    for (const std::string& argument : it::outside_of_container()) command.push_back(argument);
    const auto second = it::rows_of(sandbox.inside("probe", command));
    for (const auto& [row, value] : first.rows()) {
      if (row == "pid" || row == "sweep.kill") continue;  // there are others, and the first is not itself
      INFO(attributes << row);
      REQUIRE(second.contains(row));
      CHECK(second.at(row) == value);
    }
    CHECK(second.size() == first.rows().size());
  }
  sandbox.finish();
}
