// What a container sees and may do: each row of the default confinement, from inside.
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "engine/container/seccomp.h"
#include "engine/error.h"
#include "fixture.h"
#include "sys/error.h"
#include "sys/file.h"

using container_test::Container;
using container_test::is_root;
using engine::SpecMount;

namespace {

using Answer = std::pair<int, std::string>;

}  // namespace

TEST_CASE("The program gets its environment, working directory, host name and user") {
  if (!is_root()) return;
  Container box;
  box.spec.env = {"COLOUR=blue"};
  box.spec.working_dir = "/made/here";
  CHECK(box.step("echo $COLOUR $HOME $HOSTNAME $PATH; pwd; hostname; umask") ==
        Answer(0,
               "blue /root box "
               "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n/made/here\nbox\n0022\n"));
  CHECK(box.step("exit 42").first == 42);
  CHECK(box.step("sh -c 'kill -9 $$'; exit $?").first == 137);
  box.spec.user = "ann";
  CHECK(box.step("id -un; id -G | tr ' ' '\\n' | sort -n; echo $HOME") ==
        Answer(0, "ann\n29\n44\n1000\n/home/ann\n"));
  box.spec.user = "1000:44";
  CHECK(box.step("id").second == "uid=1000(ann) gid=44(video) groups=44(video)\n");
  box.spec.user = "4242";
  CHECK(box.step("id; echo $HOME; echo hello > /dev/stdout").second ==
        "uid=4242 gid=0(root) groups=0(root)\n/\nhello\n");
}

TEST_CASE("The container is alone in its namespaces") {
  if (!is_root()) return;
  Container box;
  const auto [code, output] = box.step(
      "echo $$; ls /proc | grep -c '^[0-9]'; ls -A /proc/self/fd | wc -l; cut -d: -f3 /proc/self/cgroup | "
      "sort -u 2>/dev/null || true");
  CHECK(output.substr(0, 2) == "1\n");
  CHECK(box.step("grep -v ':/$' /proc/self/cgroup").second.empty());
  // 0, 1, 2 and the folder ls itself has open
  CHECK(box.step("ls -A /proc/self/fd").second == "0\n1\n2\n3\n");
  CHECK(box.step("ls /sys/class/net").second == "lo\n");
  CHECK(code == 0);
}

TEST_CASE("Capabilities are the default set for root and none for others") {
  if (!is_root()) return;
  Container box;
  const std::string caps = "grep Cap /proc/self/status | tr -d '\\t'";
  CHECK(box.step(caps).second ==
        "CapInh:0000000000000000\nCapPrm:00000000a80425fb\nCapEff:00000000a80425fb\nCapBnd:00000000a80425fb\n"
        "CapAmb:0000000000000000\n");
  box.spec.user = "ann";
  CHECK(box.step(caps).second ==
        "CapInh:0000000000000000\nCapPrm:0000000000000000\nCapEff:0000000000000000\nCapBnd:00000000a80425fb\n"
        "CapAmb:0000000000000000\n");
  box.spec.user = "";
  box.spec.capabilities = engine::effective_capabilities({"net_admin"}, {"ALL"}, false);
  CHECK(box.step("grep CapEff /proc/self/status").second == "CapEff:\t0000000000001000\n");
}

TEST_CASE("The filter is loaded, no_new_privs is off, and namespace and mount calls are refused") {
  if (!is_root()) return;
  Container box;
  CHECK(box.step("grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status").second ==
        "NoNewPrivs:\t0\nSeccomp:\t2\n");
  // Even with the capability: the filter is the second wall.
  box.spec.capabilities = engine::effective_capabilities({"SYS_ADMIN"}, {}, false);
  CHECK(box.step("unshare -m true").first != 0);
  CHECK(box.step("unshare -n true").first != 0);
  CHECK(box.step("mount -t tmpfs none /tmp").first != 0);
  CHECK(box.step("umount /proc").first != 0);
}

TEST_CASE("The dangerous parts of /proc and /sys are masked or read-only") {
  if (!is_root()) return;
  Container box;
  CHECK(box.step("cat /proc/kcore /proc/timer_list /proc/interrupts /proc/keys 2>/dev/null | wc -c").second ==
        "0\n");
  CHECK(box.step("ls /sys/firmware /proc/acpi 2>/dev/null | grep -v ':'").second.find_first_not_of('\n') ==
        std::string::npos);
  for (const char* target : {"/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper",
                             "/sys/kernel/mm/transparent_hugepage/enabled"}) {
    INFO(target);
    CHECK(box.step(std::string("echo x > ") + target).first != 0);
  }
  CHECK(box.step("mkdir /sys/fs/cgroup/pids/x || mkdir /sys/fs/cgroup/x").first != 0);
  CHECK(box.step("grep -E ' /(proc|sys|dev/shm|dev/mqueue) ' /proc/self/mountinfo | grep -vc "
                 "'nosuid,nodev,noexec'")
            .second == "0\n");
}

TEST_CASE("/dev holds the standard nodes and the device cgroup refuses others") {
  if (!is_root()) return;
  Container box;
  const std::string core = ::access("/proc/kcore", F_OK) == 0 ? "core\n" : "";
  CHECK(box.step("ls /dev").second ==
        core + "fd\nfull\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n");
  CHECK(
      box.step(
             "head -c 4 /dev/zero | wc -c; echo x > /dev/null; (echo x > /dev/full) 2>/dev/null || echo full")
          .second == "4\nfull\n");
  CHECK(box.step("mknod /tmp/mem c 1 1 && cat /tmp/mem > /dev/null").first != 0);
  CHECK(box.step("mknod /tmp/null c 1 3 && echo x > /tmp/null").first == 0);
  box.spec.shm_size = 1 << 20;
  CHECK(box.step("dd if=/dev/zero of=/dev/shm/x bs=64k count=17 2>/dev/null").first != 0);
  CHECK(box.step("stat -c %a /dev/shm").second == "1777\n");
}

TEST_CASE("A read-only rootfs is read-only, its tmpfs and volumes are not") {
  if (!is_root()) return;
  Container box;
  box.spec.read_only = true;
  SpecMount tmpfs;
  tmpfs.type = SpecMount::Type::kTmpfs;
  tmpfs.target = "/scratch";
  tmpfs.tmpfs_size = 1 << 20;
  box.spec.mounts = {tmpfs};
  CHECK(box.step("touch /x").first != 0);
  CHECK(box.step("touch /scratch/x && stat -c %a /scratch").second == "1777\n");
  CHECK(box.step("dd if=/dev/zero of=/scratch/big bs=64k count=17 2>/dev/null").first != 0);
  CHECK(box.step("touch /dev/shm/x").first == 0);
}

TEST_CASE("Files and folders are bound, with targets made where missing") {
  if (!is_root()) return;
  Container box;
  sys::make_dirs(box.root + "/data");
  sys::write_file_atomic(box.root + "/hosts", "127.0.0.1 here\n");
  box.spec.mounts = {container_test::bind(box.root + "/data", "/srv/deep/data"),
                     container_test::bind(box.root + "/hosts", "/etc/hosts"),
                     container_test::bind(box.root + "/hosts", "/srv/ro", true)};
  CHECK(box.step("cat /etc/hosts; echo new > /srv/deep/data/file; echo x > /srv/ro").second.substr(0, 15) ==
        "127.0.0.1 here\n");
  CHECK(sys::read_file(box.root + "/data/file") == "new\n");
  CHECK(sys::read_file(box.root + "/hosts") == "127.0.0.1 here\n");
  box.spec.mounts = {container_test::bind(box.root + "/missing", "/x")};
  CHECK_THROWS_WITH(box.step("true"), Catch::Contains("/missing"));
  box.spec.mounts = {container_test::bind(box.root + "/hosts", "/proc/version")};
  CHECK_THROWS_WITH(box.step("true"), Catch::Contains("/proc"));
}

TEST_CASE("A symlink in the image cannot lead a mount out of the container") {
  if (!is_root()) return;
  Container box;
  sys::make_dirs(box.root + "/outside");
  sys::make_dirs(box.root + "/data");
  sys::write_file_atomic(box.root + "/data/mark", "m");
  REQUIRE(::symlink((box.root + "/outside").c_str(), (box.lower() + "/evil").c_str()) == 0);
  REQUIRE(::symlink("../../../../../../../..", (box.lower() + "/up").c_str()) == 0);
  box.spec.mounts = {container_test::bind(box.root + "/data", "/evil/x"),
                     container_test::bind(box.root + "/data", "/up/y")};
  // Resolved as the container would: below its own root.
  CHECK(box.step("cat " + box.root + "/outside/x/mark /y/mark").second == "mm");
  CHECK(::access((box.root + "/outside/x").c_str(), F_OK) != 0);
}

TEST_CASE("An image whose /proc or /dev is a symlink is refused") {
  if (!is_root()) return;
  Container box;
  REQUIRE(::rmdir((box.lower() + "/proc").c_str()) == 0);
  REQUIRE(::symlink("/tmp", (box.lower() + "/proc").c_str()) == 0);
  CHECK_THROWS_WITH(box.step("true"), Catch::Contains("/proc"));
}

TEST_CASE("A working directory by way of a leaked descriptor is refused") {
  if (!is_root()) return;
  Container box;
  for (const char* path : {"/proc/self/fd/3", "/proc/self/fd/7", "/proc/1/cwd/..", "/proc/self/root"}) {
    box.spec.working_dir = path;
    INFO(path);
    CHECK_THROWS_AS(box.step("pwd"), engine::Error);
  }
}

TEST_CASE("The runtime's program cannot be written from inside") {
  if (!is_root()) return;
#ifdef __SANITIZE_ADDRESS__
  WARN("left out under AddressSanitizer: its runtime is no static program");
  return;
#endif
  Container box;
  // The entry point is the runtime itself, which then holds its own file open (CVE-2019-5736).
  box.spec.args = {"/proc/self/exe"};
  box.spec.capabilities = engine::effective_capabilities({}, {}, false);
  box.start();
  CHECK(box.wait_for_end().exit_code == 64);  // it knows no such job
  const std::string monitor = sys::read_file(engine::monitor_path());
  box.spec.args = {"sh", "-c", "exec 9</proc/self/exe; echo x > /proc/1/exe; sleep 1000"};
  box.start();
  CHECK(box.exec("for p in /proc/[0-9]*; do echo x > $p/exe; done 2>/dev/null; true").first == 0);
  CHECK(sys::read_file(engine::monitor_path()) == monitor);
  box.stop();
}

TEST_CASE("The pids limit stops a fork bomb") {
  if (!is_root()) return;
  Container box;
  box.spec.resources.pids = 20;
  CHECK(box.step("i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done; echo all").second.find("all\n") ==
        std::string::npos);
  CHECK(sys::read_file("/proc/self/status").find("State") != std::string::npos);
}

TEST_CASE("A step is cancelled with everything in it") {
  if (!is_root()) return;
  Container box;
  sys::Pipe cancel = sys::pipe();
  std::thread later([&] {
    ::usleep(300000);
    sys::write_all(cancel.write.get(), "x");
  });
  box.spec.args = {"sh", "-c", "sleep 1000 & sleep 1000"};
  sys::Pipe output = sys::pipe();
  const sys::Fd none;
  box.spec.host_network = true;
  CHECK_THROWS_WITH(engine::run_step(box.spec, none, output.write.get(), cancel.read.get()),
                    Catch::Contains("cancelled"));
  later.join();
  output.write.reset();
  CHECK(sys::read_all(output.read.get()).empty());  // at its end: nobody holds it any more
}

TEST_CASE("A privileged container has the host's devices, every capability and no filter") {
  if (!is_root()) return;
  Container box;
  box.spec.privileged = true;
  box.spec.seccomp_bpf.clear();
  box.spec.capabilities = engine::effective_capabilities({}, {}, true);
  CHECK(box.step("grep Seccomp: /proc/self/status").second == "Seccomp:\t0\n");
  CHECK(box.step("mount -t tmpfs none /tmp && test -c /dev/kmsg -o -e /dev/null").first == 0);
  CHECK(box.step("wc -c < /proc/interrupts").second != "0\n");
}

TEST_CASE("Limits and niceness of whoever types the command do not reach the container") {
  if (!is_root()) return;
  Container box;
  rlimit files{}, core{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
  REQUIRE(::getrlimit(RLIMIT_CORE, &core) == 0);
  const rlimit few{std::min<rlim_t>(256, files.rlim_max), files.rlim_max}, none{0, core.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  REQUIRE(::setrlimit(RLIMIT_CORE, &none) == 0);
  REQUIRE(::setpriority(PRIO_PROCESS, 0, 5) == 0);
  box.spec.args = {"sh", "-c",
                   "echo files $(ulimit -n) core $(ulimit -c) nice $(cut -d' ' -f19 /proc/self/stat).; "
                   "ulimit -n 300; exec sleep 1000"};
  box.start();
  while (box.log().find("nice") == std::string::npos) ::usleep(10000);
  const std::string inside = box.exec("ulimit -n; ulimit -Hn; cut -d' ' -f19 /proc/self/stat").second;
  ::setpriority(PRIO_PROCESS, 0, 0);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
  REQUIRE(::setrlimit(RLIMIT_CORE, &core) == 0);
  INFO(box.log());
  CHECK(box.log().find("files " + std::to_string(std::min<rlim_t>(1048576, files.rlim_max)) + " ") !=
        std::string::npos);
  const std::string most = core.rlim_max == RLIM_INFINITY ? "unlimited" : std::to_string(core.rlim_max / 512);
  CHECK(box.log().find("core " + most + " nice 0.") != std::string::npos);
  CHECK(inside == "300\n300\n0\n");
}
