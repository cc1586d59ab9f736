// Namespaces of the host and of another container, and what a container's own are set to.
#include <signal.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>

#include "engine/container/seccomp.h"
#include "engine/error.h"
#include "fixture.h"
#include "sys/file.h"

using container_test::Container;
using container_test::is_root;

namespace {

using Answer = std::pair<int, std::string>;

engine::SpecNamespace of(const Container& lender) {
  return {"container", lender.spec.name, lender.spec.state_dir};
}

std::string own(const std::string& kind) {
  std::array<char, 64> target{};
  const ssize_t length = ::readlink(("/proc/self/ns/" + kind).c_str(), target.data(), target.size());
  return std::string(target.data(), static_cast<size_t>(length)) + "\n";
}

std::string start_error(Container& box) {
  try {
    box.start();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("The ipc and uts namespaces of another container are joined, with its /dev/shm and by exec") {
  if (!is_root()) return;
  Container lender, borrower;
  lender.spec.name = "lender-1";
  lender.spec.hostname = "its-name";
  lender.spec.shm_size = 1 << 20;
  borrower.spec.ipc = of(lender);
  borrower.spec.uts = of(lender);
  CHECK(lender.exec("echo hello > /dev/shm/file").first == 0);
  const std::string ipc = lender.exec("readlink /proc/self/ns/ipc").second;
  CHECK(borrower.step("readlink /proc/self/ns/ipc; hostname; cat /dev/shm/file").second ==
        ipc + "its-name\nhello\n");
  borrower.spec.args = {};
  CHECK(borrower.exec("readlink /proc/self/ns/ipc; hostname; echo two > /dev/shm/file").second ==
        ipc + "its-name\n");
  CHECK(lender.exec("cat /dev/shm/file").second == "two\n");
  Container third;
  third.spec.ipc = of(lender);
  CHECK(third.step("df /dev/shm | grep -c 1024").second == "1\n");
}

TEST_CASE("In another's pid namespace a container sees it, is seen, and ends by its own control group") {
  if (!is_root()) return;
  Container lender, borrower;
  lender.spec.name = "lender-1";
  borrower.spec.pid = of(lender);
  borrower.spec.init = true;
  lender.start();
  borrower.spec.args = {"sh", "-c", "setsid sleep 2000 & sleep 3000"};
  borrower.start();
  CHECK(lender.exec("ps | grep -c 's[l]eep 2000'").second != "0\n");
  CHECK(borrower.exec("tr '\\0' ' ' < /proc/1/cmdline; readlink /proc/self/ns/pid").second ==
        "sleep 1000 " + lender.exec("readlink /proc/self/ns/pid").second);
  borrower.stop();
  CHECK(lender.exec("ps | grep -c 's[l]eep [23]000'").second == "0\n");
  borrower.start();
  lender.stop();
  CHECK(borrower.wait_for_end().exit_code == 137);
}

TEST_CASE("A lender that does not run is told by name") {
  if (!is_root()) return;
  Container lender, borrower;
  lender.spec.name = "lender-1";
  for (auto member : {&engine::Spec::ipc, &engine::Spec::pid, &engine::Spec::uts}) {
    borrower.spec.*member = of(lender);
    CHECK_THAT(start_error(borrower),
               Catch::Contains("namespace of container lender-1: it is not running; start it first"));
    borrower.spec.*member = {};
  }
}

TEST_CASE("With the host's namespaces none are made") {
  if (!is_root()) return;
  Container box;
  box.spec.ipc.mode = box.spec.pid.mode = box.spec.uts.mode = "host";
  box.spec.host_cgroup_namespace = true;
  CHECK(box.step("for kind in ipc pid uts cgroup; do readlink /proc/self/ns/$kind; done").second ==
        own("ipc") + own("pid") + own("uts") + own("cgroup"));
  CHECK(box.step("grep -c " + box.spec.id + " /proc/self/cgroup").second != "0\n");
  box.spec.args = {};
  CHECK(box.exec("test -d /proc/" + std::to_string(::getpid()) + " && echo seen").second == "seen\n");
  CHECK(box.exec("for kind in ipc pid uts cgroup; do readlink /proc/self/ns/$kind; done").second ==
        own("ipc") + own("pid") + own("uts") + own("cgroup"));
}

TEST_CASE("The ipc mode none has a namespace of its own and no /dev/shm") {
  if (!is_root()) return;
  Container box;
  box.spec.ipc.mode = "none";
  CHECK(box.step("test -e /dev/shm || echo none").second == "none\n");
  CHECK(box.step("readlink /proc/self/ns/ipc").second != own("ipc"));
}

TEST_CASE("Sysctls are set in the container's namespaces and are read-only then") {
  if (!is_root()) return;
  const std::string host = sys::read_file("/proc/sys/kernel/shmmni");
  Container box;
  box.spec.sysctls = {"net.core.somaxconn=777", "net/ipv4/conf/lo/forwarding=1", "kernel.shmmni=1234",
                      "fs.mqueue.msg_max=7", "net.ipv4.ping_group_range=5 6"};
  box.spec.user = "ann";
  CHECK(
      box.step(
          "cd /proc/sys; cat net/core/somaxconn net/ipv4/conf/lo/forwarding kernel/shmmni fs/mqueue/msg_max; "
          "tr '\\t' ' ' < net/ipv4/ping_group_range") == Answer(0, "777\n1\n1234\n7\n5 6\n"));
  box.spec.user = "";
  CHECK(box.step("echo 1 > /proc/sys/net/core/somaxconn").first != 0);
  CHECK(sys::read_file("/proc/sys/kernel/shmmni") == host);
  box.spec.privileged = true;
  box.spec.seccomp_bpf.clear();
  CHECK(box.step("cat /proc/sys/net/core/somaxconn").second == "777\n");
  const std::pair<const char*, const char*> wrong[] = {
      {"net.no.such=1", "set sysctl net.no.such to '1': this kernel has no such setting"},
      {"net.core.somaxconn=many",
       "set sysctl net.core.somaxconn to 'many': the kernel refuses it: Invalid argument"}};
  for (const auto& [setting, told] : wrong) {
    box.spec.sysctls = {setting};
    CHECK_THAT(start_error(box), Catch::Contains(told));
  }
}

TEST_CASE("Further groups are had by the program and by exec, whoever the user is") {
  if (!is_root()) return;
  Container box;
  box.spec.groups = {"audio", "4242", "44"};
  const std::string groups = "id -G | tr ' ' '\\n' | sort -n | tr '\\n' ' '";
  CHECK(box.step(groups).second == "0 29 44 4242 ");
  box.spec.user = "1000:1000";
  CHECK(box.step(groups).second == "29 44 1000 4242 ");
  box.spec.args = {};
  CHECK(box.exec(groups).second == "29 44 1000 4242 ");  // the container's user
  engine::ExecRequest request;
  request.user = "0";
  CHECK(box.exec(groups, request).second == "0 29 44 4242 ");
  box.stop();
  box.spec.groups = {"nosuch"};
  box.spec.args = {"true"};
  CHECK_THAT(start_error(box), Catch::Contains("group nosuch is not in the container's /etc/group"));
}

TEST_CASE("no_new_privs is set for the program and for exec, and a filter then need not allow the start") {
  if (!is_root()) return;
  Container box;
  const std::string profile = R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
      {"names": ["setgroups", "setresuid", "setresgid", "capset"], "action": "SCMP_ACT_ERRNO", "errnoRet": 7}]})";
  const auto filter =
      engine::write_seccomp_profile(box.root + "/profile.bpf", profile, box.spec.capabilities);
  box.spec.seccomp_bpf = filter.path;
  box.spec.seccomp_flags = filter.flags;
  box.spec.args = {"true"};
  CHECK_THAT(start_error(box), Catch::Contains("become user"));
  box.spec.no_new_privs = true;
  box.spec.user = "ann";
  const std::string status = "grep -E '^(NoNewPrivs|Seccomp|Uid):' /proc/self/status | tr '\\t' ' '";
  const std::string expected = "Uid: 1000 1000 1000 1000\nNoNewPrivs: 1\nSeccomp: 2\n";
  CHECK(box.step(status) == Answer(0, expected));
  box.spec.args = {};
  engine::ExecRequest as_ann;
  as_ann.user = "ann";
  CHECK(box.exec(status, as_ann).second == expected);
}
