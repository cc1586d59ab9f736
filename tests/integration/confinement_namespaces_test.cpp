// ipc, pid, uts, cgroup and userns_mode, as they are inside.
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

namespace {

std::string own(const std::string& kind) {
  std::array<char, 64> target{};
  const ssize_t length = ::readlink(("/proc/self/ns/" + kind).c_str(), target.data(), target.size());
  return {target.data(), static_cast<size_t>(std::max<ssize_t>(length, 0))};
}

std::string namespace_in(Sandbox& sandbox, const std::string& service, const std::string& kind) {
  std::string text = sandbox.inside(service, {"readlink", "/proc/self/ns/" + kind});
  if (!text.empty()) text.pop_back();
  return text;
}

nlohmann::json host_config(Sandbox& sandbox, const std::string& container) {
  return nlohmann::json::parse(sandbox.ok({"container", "inspect", container}).out).at(0).at("HostConfig");
}

constexpr const char* kCommon =
    "x-common: &common {image: busybox, command: [sleep, '1000'], stop_grace_period: 0s}\nservices:\n";

}  // namespace

TEST_CASE("services with one ipc namespace have one /dev/shm, those with their own have not") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kCommon) + R"(
  lender: {<<: *common, ipc: shareable, shm_size: 3m}
  borrower: {<<: *common, ipc: "service:lender", user: "1000"}
  third: {<<: *common, ipc: "service:borrower"}
  private: {<<: *common, ipc: private}
  none: {<<: *common, ipc: none}
)");
  sandbox.ok({"up", "-d"});
  const std::string lent = namespace_in(sandbox, "lender", "ipc");
  CHECK(namespace_in(sandbox, "borrower", "ipc") == lent);
  CHECK(namespace_in(sandbox, "third", "ipc") == lent);
  CHECK(namespace_in(sandbox, "private", "ipc") != lent);
  CHECK(namespace_in(sandbox, "none", "ipc") != lent);
  CHECK(lent != own("ipc"));
  sandbox.inside("borrower", {"sh", "-c", "echo shared > /dev/shm/file"});
  CHECK(sandbox.inside("lender", {"sh", "-c", "cat /dev/shm/file; stat -c %u /dev/shm/file"}) ==
        "shared\n1000\n");
  CHECK(sandbox.inside("third", {"cat", "/dev/shm/file"}) == "shared\n");
  CHECK(sandbox.inside("borrower", {"sh", "-c", "df -k /dev/shm | tail -1 | awk '{print $2}'"}) == "3072\n");
  CHECK(sandbox.compose({"exec", "-T", "private", "cat", "/dev/shm/file"}).code != 0);
  CHECK(sandbox.compose({"exec", "-T", "none", "test", "-e", "/dev/shm"}).code == 1);
  CHECK(sandbox.inside("third", {"sh", "-c",
                                 "grep -c nosuid,nodev,noexec /proc/self/mountinfo > /dev/null; "
                                 "grep ' /dev/shm ' /proc/self/mountinfo | grep -c nosuid,nodev,noexec"}) ==
        "1\n");
  CHECK(host_config(sandbox, sandbox.project() + "-borrower-1").at("IpcMode") ==
        "container:" + sandbox.ok({"ps", "-q", "--no-trunc", "lender"}).out.substr(0, 64));
  sandbox.finish();
}

TEST_CASE("an ipc namespace that is private is not given to others") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kCommon) + R"(
  lender: *common
  borrower: {<<: *common, ipc: "service:lender"}
)");
  const it::Output output = sandbox.compose({"up", "-d"});
  CHECK(output.code != 0);
  CHECK(output.err.find("the ipc namespace of container " + sandbox.project() +
                        "-lender-1 is private; make that one with ipc: shareable") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("a service sees the processes of the one whose pid namespace it has, and is restarted with it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto file = [&](const char* marker) {
    sandbox.compose_file(std::string(kCommon) + R"(
  lender: {<<: *common, environment: {MARKER: ")" +
                         marker + R"("}}
  borrower: {<<: *common, command: [sleep, "2000"], pid: "service:lender", init: true, depends_on: [lender]}
)");
  };
  file("one");
  sandbox.ok({"up", "-d"});
  CHECK(namespace_in(sandbox, "borrower", "pid") == namespace_in(sandbox, "lender", "pid"));
  CHECK(sandbox.inside("borrower", {"sh", "-c", "tr '\\0' ' ' < /proc/1/cmdline"}) == "sleep 1000 ");
  CHECK(sandbox.inside("lender", {"sh", "-c", "ps | grep -c 'sleep 2000'"}) != "0\n");
  const auto before = sandbox.ids("borrower");
  file("two");
  const it::Output plan = sandbox.ok({"up", "-d", "--dry-run"});
  CHECK((plan.out + plan.err).find("lender is replaced (shares its namespace)") != std::string::npos);
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids("borrower") == before);
  CHECK(namespace_in(sandbox, "borrower", "pid") == namespace_in(sandbox, "lender", "pid"));
  // The first process of a pid namespace takes all others of it along.
  sandbox.ok({"kill", "lender"});
  CHECK(it::eventually([&] { return sandbox.container("borrower").at("State") == "exited"; }));
  CHECK(sandbox.container("borrower").at("ExitCode") == 137);
  sandbox.finish();
}

TEST_CASE("with the host's pid namespace everything is seen, and nothing of the container outlives it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kCommon) + R"(
  host: {<<: *common, pid: host}
  again: {image: busybox, command: [sh, -c, "sleep 3000 & echo $$; exit 3"], pid: host, restart: "on-failure:2"}
)");
  sandbox.ok({"up", "-d"});
  CHECK(namespace_in(sandbox, "host", "pid") == own("pid"));
  CHECK(
      sandbox.inside("host", {"sh", "-c", "test -d /proc/" + std::to_string(::getpid()) + " && echo seen"}) ==
      "seen\n");
  // What it can see it cannot get at.
  CHECK(sandbox.compose({"exec", "-T", "host", "readlink", "/proc/" + std::to_string(::getpid()) + "/exe"})
            .code != 0);
  CHECK(sandbox.compose({"exec", "-T", "host", "ls", "/proc/1/root/"}).code != 0);
  CHECK(it::eventually([&] { return sandbox.container("again").at("State") == "exited"; }));
  CHECK(sandbox.compose({"exec", "-T", "host", "sh", "-c", "ps | grep '[s]leep 3000'"}).code == 1);
  CHECK(host_config(sandbox, sandbox.project() + "-host-1").at("PidMode") == "host");
  sandbox.finish();
}

TEST_CASE("the host's ipc, uts and cgroup namespaces, and user namespaces") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kCommon) + R"(
  host: {<<: *common, ipc: host, uts: host, cgroup: host, userns_mode: host}
  usual: {<<: *common, cgroup: private}
)");
  sandbox.ok({"up", "-d"});
  for (const char* kind : {"ipc", "uts", "cgroup", "user"}) {
    INFO(kind);
    CHECK(namespace_in(sandbox, "host", kind) == own(kind));
    CHECK((namespace_in(sandbox, "usual", kind) == own(kind)) == (kind == std::string("user")));
  }
  std::array<char, 256> name{};
  REQUIRE(::gethostname(name.data(), name.size() - 1) == 0);
  const std::string hostname = name.data();
  CHECK(sandbox.inside("host", {"sh", "-c", "hostname; echo $HOSTNAME; cat /etc/hostname"}) ==
        hostname + "\n" + hostname + "\n" + hostname + "\n");
  CHECK(sandbox.inside("host", {"grep", "-c", "/compose/", "/proc/self/cgroup"}) != "0\n");
  CHECK(sandbox.compose({"exec", "-T", "usual", "grep", "-c", "/compose/", "/proc/self/cgroup"}).out ==
        "0\n");
  // /dev/shm is the host's: the same file system.
  CHECK(sandbox.inside("host", {"stat", "-c", "%d", "/dev/shm"}) ==
        it::run({"stat", "-c", "%d", "/dev/shm"}).out);
  const auto described = host_config(sandbox, sandbox.project() + "-host-1");
  CHECK(described.at("IpcMode") == "host");
  CHECK(described.at("UTSMode") == "host");
  CHECK(described.at("CgroupnsMode") == "host");
  CHECK(described.at("UsernsMode") == "host");
  const auto usual = host_config(sandbox, sandbox.project() + "-usual-1");
  CHECK(usual.at("IpcMode") == "private");
  CHECK(usual.at("CgroupnsMode") == "private");
  CHECK(usual.at("UTSMode").get<std::string>().empty());
  CHECK(usual.at("PidMode").get<std::string>().empty());
  sandbox.finish();
}

TEST_CASE("container run borrows namespaces by name and id, from one that runs") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  std::string id = sandbox
                       .ok({"container", "run", "-d", "--name", "lender", "--ipc", "shareable", "--hostname",
                            "its-name", "busybox", "sleep", "1000"})
                       .out;
  id.pop_back();
  const auto in_lender = [&](const char* kind) {
    return sandbox.ok({"container", "exec", "lender", "readlink", std::string("/proc/self/ns/") + kind}).out;
  };
  const auto borrowed = [&](const std::string& flag, const std::string& of, const char* kind) {
    return sandbox
        .ok({"container", "run", "--rm", flag, "container:" + of, "busybox", "readlink",
             std::string("/proc/self/ns/") + kind})
        .out;
  };
  CHECK(borrowed("--ipc", "lender", "ipc") == in_lender("ipc"));
  CHECK(borrowed("--pid", id, "pid") == in_lender("pid"));
  CHECK(borrowed("--uts", id.substr(0, 12), "uts") == in_lender("uts"));
  CHECK(sandbox
            .ok({"container", "run", "--rm", "--uts", "container:lender", "busybox", "sh", "-c",
                 "hostname; echo $HOSTNAME"})
            .out == "its-name\nits-name\n");
  const auto failed = [&](const std::string& flag, const std::string& of) {
    const it::Output output = sandbox.compose({"container", "run", "--rm", flag, of, "busybox", "true"});
    CHECK(output.code == 125);
    return output.err;
  };
  CHECK(failed("--pid", "container:nosuch")
            .find("pid namespace of container nosuch: there is no such container") != std::string::npos);
  CHECK(failed("--uts", "pod").find("pod") != std::string::npos);
  CHECK(failed("--userns", "private").find("userns") != std::string::npos);
  CHECK(failed("--cgroupns", "container:lender").find("cgroup") != std::string::npos);
  sandbox.ok({"container", "stop", "-t", "0", "lender"});
  CHECK(failed("--ipc", "container:lender")
            .find("ipc namespace of container lender: it is not running; start it first") !=
        std::string::npos);
  sandbox.ok({"container", "rm", "lender"});
  sandbox.finish();
}

TEST_CASE("a container that restarts by itself finds the namespace of a lender that was restarted") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kCommon) + R"(
  lender: {<<: *common, ipc: shareable}
  borrower: {<<: *common, ipc: "service:lender", restart: always}
)");
  sandbox.ok({"up", "-d"});
  const std::string lender = sandbox.project() + "-lender-1";
  const std::string before = namespace_in(sandbox, "lender", "ipc");
  sandbox.ok({"container", "restart", "-t", "0", lender});
  CHECK(namespace_in(sandbox, "lender", "ipc") != before);
  sandbox.compose({"exec", "-T", "borrower", "kill", "-9", "1"});
  sandbox.compose({"exec", "-T", "borrower", "kill", "-TERM", "1"});
  const std::string pid = std::to_string(
      nlohmann::json::parse(sandbox.ok({"container", "inspect", sandbox.project() + "-borrower-1"}).out)
          .at(0)
          .at("State")
          .at("Pid")
          .get<int>());
  it::run({"kill", "-9", pid});
  CHECK(it::eventually([&] {
    const it::Output output = sandbox.compose({"exec", "-T", "borrower", "readlink", "/proc/self/ns/ipc"});
    return output.code == 0 && output.out == namespace_in(sandbox, "lender", "ipc") + "\n";
  }));
  sandbox.finish();
}
