#include <catch2/catch.hpp>
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
