#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

TEST_CASE("a container that uses more memory than it may is killed, with exit code 137") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  hog:
    image: busybox
    command: ["tail", "/dev/zero"]
    mem_limit: 24m
)");
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([&] { return sandbox.container("hog").at("State") == "exited"; },
                       std::chrono::seconds(30)));
  CHECK(sandbox.container("hog").at("ExitCode") == 137);
  sandbox.finish();
}

TEST_CASE("pids_limit holds a fork bomb") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  bomb:
    image: busybox
    command: ["sleep", "1000"]
    pids_limit: 10
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  const it::Output output =
      sandbox.compose({"exec", "-T", "bomb", "sh", "-c", "for i in $(seq 30); do sleep 5 & done"});
  CHECK(output.code != 0);
  CHECK(output.err.find("fork") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("limits reach the container's control groups") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    deploy:
      resources:
        limits:
          cpus: "0.50"
          memory: 64M
    shm_size: 8m
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  // cgroup v1 or v2, whichever the machine has.
  CHECK(sandbox.inside("web", {"sh", "-c",
                               "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max "
                               "2>/dev/null || true"}) == "67108864\n");
  const std::string quota = sandbox.inside(
      "web",
      {"sh", "-c", "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null || true"});
  CHECK((quota == "50000\n" || quota == "50000 100000\n"));
  CHECK(sandbox.inside("web", {"sh", "-c", "df -k /dev/shm | awk 'NR==2 {print $2}'"}) == "8192\n");
  sandbox.finish();
}

TEST_CASE("capabilities are added and dropped as asked") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  bare:
    image: busybox
    command: ["sleep", "1000"]
    cap_drop: [ALL]
    cap_add: [NET_ADMIN]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("bare", {"grep", "CapEff", "/proc/1/status"}) == "CapEff:\t0000000000001000\n");
  sandbox.finish();
}

TEST_CASE("every resource a service names is set, in a group below the parent it asks for") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string parent = "/compose/" + sandbox.project();
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    cgroup_parent: )" + parent +
                       R"(
    mem_limit: 64m
    mem_reservation: 16m
    memswap_limit: 80m
    cpu_quota: 30000
    cpu_period: 50000
    cpu_shares: 512
    cpuset: "0"
    pids_limit: 50
    oom_score_adj: 300
    ulimits:
      nofile: {soft: 200, hard: 400}
      nproc: 77
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  const auto first = [&](const std::string& of_v1, const std::string& of_v2) {
    const std::string root = "/sys/fs/cgroup/";
    return sandbox.inside("web",
                          {"sh", "-c", "cat " + root + of_v1 + ' ' + root + of_v2 + " 2>/dev/null; true"});
  };
  CHECK(first("memory/memory.limit_in_bytes", "memory.max") == "67108864\n");
  CHECK(first("memory/memory.soft_limit_in_bytes", "memory.low") == "16777216\n");
  const std::string swap = first("memory/memory.memsw.limit_in_bytes", "memory.swap.max");
  CHECK((swap == "83886080\n" || swap == "16777216\n"));
  const std::string quota = first("cpu/cpu.cfs_quota_us", "cpu.max");
  CHECK((quota == "30000\n" || quota == "30000 50000\n"));
  const std::string weight = first("cpu/cpu.shares", "cpu.weight");
  CHECK((weight == "512\n" || weight == "20\n"));
  CHECK(first("cpuset/cpuset.cpus", "cpuset.cpus") == "0\n");
  CHECK(first("pids/pids.max", "pids.max") == "50\n");
  CHECK(sandbox.inside("web", {"cat", "/proc/1/oom_score_adj"}) == "300\n");
  CHECK(sandbox.inside(
            "web",
            {"sh", "-c", "ulimit -n; ulimit -Hn; grep processes /proc/1/limits | awk '{print $3, $4}'"}) ==
        "200\n400\n77 77\n");
  const std::string id = *sandbox.ids("web").begin();
  bool below = false;
  for (const std::string root : {"/sys/fs/cgroup/memory", "/sys/fs/cgroup"})
    below = below || std::filesystem::exists(root + parent + '/' + id);
  CHECK(below);
  sandbox.finish();
  for (const std::string root : {"/sys/fs/cgroup/memory", "/sys/fs/cgroup"})
    CHECK_FALSE(std::filesystem::exists(root + parent));
}

TEST_CASE("devices and their rules are given to a service") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    devices: ["/dev/fuse:/dev/mine:r", "/dev/fuse:/dev/more"]
    device_cgroup_rules: ["c 10:237 r"]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"stat", "-c", "%t:%T", "/dev/mine", "/dev/more"}) == "a:e5\na:e5\n");
  CHECK(sandbox
            .inside("web", {"sh", "-c",
                            "(: < /dev/mine) 2>&1; mknod /tmp/loop c 10 237; (: < /tmp/loop) 2>&1; true"})
            .find("not permitted") == std::string::npos);
  sandbox.finish();
}

TEST_CASE("a limit that this machine has no controller for is refused by its name, and nothing is left") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    cpuset: "4000-4001"
)");
  const it::Output output = sandbox.compose({"up", "-d"});
  CHECK(output.code != 0);
  CHECK_THAT(output.err, Catch::Contains("cpuset") && Catch::Contains("4000-4001"));
  sandbox.finish();
}
