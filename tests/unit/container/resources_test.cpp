// What a container may use of the machine, read where the kernel enforces it, on cgroup v1 and v2.
#include "engine/container/resources.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>

#include "engine/container/cgroup.h"
#include "engine/error.h"
#include "fixture.h"
#include "sys/file.h"

using container_test::Container;

namespace {

std::string first_line(const std::string& file) {
  const std::string text = sys::read_file(file);
  return text.substr(0, text.find('\n'));
}

bool exists(const std::string& file) {
  return ::access(file.c_str(), F_OK) == 0;
}

// Some block device of this machine; empty when it has none.
std::string some_block_device() {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir("/dev"), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    struct stat status {};
    const std::string path = std::string("/dev/") + entry->d_name;
    const std::string name = "/sys/class/block/" + std::string(entry->d_name);
    if (::stat(path.c_str(), &status) == 0 && S_ISBLK(status.st_mode) && exists(name) &&
        !exists(name + "/partition"))
      return path;
  }
  return "";
}

// Starts a container with these resources. True when the host has `v1_knob` or `v2_knob` to enforce them
// with; else the start must be refused with `named` in the message.
bool starts_where_enforceable(Container& box, const std::string& controller, const std::string& v1_knob,
                              const std::string& v2_knob, const std::string& named) {
  const std::string folder = container_test::cgroup_folder(box.spec, controller);
  const engine::Cgroup group(box.spec.cgroup);
  const bool unified = group.unified();
  if (unified)
    engine::cgroup_v2::enable_controllers(group.hierarchies().front().mount_point, box.spec.cgroup);
  sys::make_dirs(folder);  // some knobs are missing at the root
  const bool can = exists(folder + '/' + (unified ? v2_knob : v1_knob));
  ::rmdir(folder.c_str());
  if (can) {
    box.start();
    return true;
  }
  CHECK_THROWS_WITH(box.start(), Catch::Contains(named) && Catch::Contains("cannot be enforced"));
  return false;
}

}  // namespace

TEST_CASE("Limits of memory, cpu and processes reach the cgroup") {
  if (!container_test::is_root()) return;
  Container box;
  box.spec.resources.memory = 64 << 20;
  box.spec.resources.memory_reservation = 32 << 20;
  box.spec.resources.cpus = 0.5;
  box.spec.resources.cpu_shares = 512;
  box.spec.resources.pids = 100;
  box.spec.resources.cpuset = "0";
  box.start();
  const auto knob = [&](const std::string& controller, const std::string& name) {
    return first_line(container_test::cgroup_folder(box.spec, controller) + '/' + name);
  };
  CHECK(knob("pids", "pids.max") == "100");
  CHECK(knob("cpuset", "cpuset.cpus") == "0");
  if (engine::Cgroup(box.spec.cgroup).unified()) {
    CHECK(knob("cpu", "cpu.max") == "50000 100000");
    CHECK(knob("cpu", "cpu.weight") == "20");
    CHECK(knob("memory", "memory.max") == "67108864");
    CHECK(knob("memory", "memory.low") == "33554432");
  } else {
    CHECK(knob("cpu", "cpu.cfs_quota_us") == "50000");
    CHECK(knob("cpu", "cpu.cfs_period_us") == "100000");
    CHECK(knob("cpu", "cpu.shares") == "512");
    CHECK(knob("memory", "memory.limit_in_bytes") == "67108864");
    CHECK(knob("memory", "memory.soft_limit_in_bytes") == "33554432");
  }
  box.stop();
}

TEST_CASE("Memory and swap together are twice the memory unless asked for") {
  if (!container_test::is_root()) return;
  const struct {
    int64_t asked;
    std::string v1, v2;
  } cases[] = {{0, "67108864", "33554432"}, {40 << 20, "41943040", "8388608"}, {-1, "", "max"}};
  for (const auto& expected : cases) {
    Container box;
    box.spec.resources.memory = 32 << 20;
    box.spec.resources.memory_swap = expected.asked;
    box.start();
    const std::string folder = container_test::cgroup_folder(box.spec, "memory");
    const std::string v1 = folder + "/memory.memsw.limit_in_bytes", v2 = folder + "/memory.swap.max";
    if (exists(v1) && expected.v1.empty()) {
      CHECK(std::stoll(first_line(v1)) > 1LL << 50);
    } else if (exists(v1)) {
      CHECK(first_line(v1) == expected.v1);
    } else if (exists(v2)) {
      CHECK(first_line(v2) == expected.v2);
    } else {
      WARN("skipped: this kernel does not count swap");
    }
    box.stop();
  }
}

TEST_CASE("Quota and period of the cpu are set as they are asked for") {
  if (!container_test::is_root()) return;
  Container box;
  box.spec.resources.cpu_quota = 30000;
  box.spec.resources.cpu_period = 50000;
  box.start();
  const std::string folder = container_test::cgroup_folder(box.spec, "cpu");
  if (exists(folder + "/cpu.max")) {
    CHECK(first_line(folder + "/cpu.max") == "30000 50000");
  } else {
    CHECK(first_line(folder + "/cpu.cfs_quota_us") == "30000");
    CHECK(first_line(folder + "/cpu.cfs_period_us") == "50000");
  }
  box.stop();
}

TEST_CASE("Swappiness and the OOM killer's switch are set, or refused where the kernel has none") {
  if (!container_test::is_root()) return;
  Container box;
  box.spec.resources.memory_swappiness = 7;
  if (starts_where_enforceable(box, "memory", "memory.swappiness", "none", "mem_swappiness"))
    CHECK(first_line(container_test::cgroup_folder(box.spec, "memory") + "/memory.swappiness") == "7");
  Container patient;
  patient.spec.resources.memory = 64 << 20;
  patient.spec.resources.oom_kill_disable = true;
  if (starts_where_enforceable(patient, "memory", "memory.oom_control", "none", "oom_kill_disable"))
    CHECK(first_line(container_test::cgroup_folder(patient.spec, "memory") + "/memory.oom_control") ==
          "oom_kill_disable 1");
}

TEST_CASE("Real time of the cpu is set down to the container's group, or refused where the kernel has none") {
  if (!container_test::is_root()) return;
  Container box;
  box.spec.resources.cpu_rt_period = 500000;
  box.spec.resources.cpu_rt_runtime = 10000;
  if (!starts_where_enforceable(box, "cpu", "cpu.rt_runtime_us", "none", "cpu_rt_runtime")) return;
  const std::string folder = container_test::cgroup_folder(box.spec, "cpu");
  CHECK(first_line(folder + "/cpu.rt_period_us") == "500000");
  CHECK(first_line(folder + "/cpu.rt_runtime_us") == "10000");
}

TEST_CASE("Rates of a block device are set for its number") {
  if (!container_test::is_root()) return;
  const std::string device = some_block_device();
  if (device.empty()) {
    WARN("skipped: this machine has no block device");
    return;
  }
  const std::string number = engine::block_device_number(device);
  Container box;
  box.spec.resources.device_read_bps = {{device, 1 << 20}};
  box.spec.resources.device_write_bps = {{device, 2 << 20}};
  box.spec.resources.device_read_iops = {{device, 100}};
  box.spec.resources.device_write_iops = {{device, 200}};
  if (!starts_where_enforceable(box, "blkio", "blkio.throttle.read_bps_device", "io.max", "blkio_config"))
    return;
  const std::string folder = container_test::cgroup_folder(box.spec, "blkio");
  if (exists(folder + "/io.max")) {
    CHECK(first_line(folder + "/io.max") == number + " rbps=1048576 wbps=2097152 riops=100 wiops=200");
    return;
  }
  const std::string throttle = folder + "/blkio.throttle.";
  CHECK(first_line(throttle + "read_bps_device") == number + " 1048576");
  CHECK(first_line(throttle + "write_bps_device") == number + " 2097152");
  CHECK(first_line(throttle + "read_iops_device") == number + " 100");
  CHECK(first_line(throttle + "write_iops_device") == number + " 200");
}

TEST_CASE("A weight of the block devices is set, or refused where no scheduler has weights") {
  if (!container_test::is_root()) return;
  Container box;
  box.spec.resources.blkio_weight = 300;
  if (!starts_where_enforceable(box, "blkio", "blkio.bfq.weight", "io.weight", "blkio_config.weight")) return;
  const std::string folder = container_test::cgroup_folder(box.spec, "blkio");
  if (exists(folder + "/io.bfq.weight")) {
    CHECK(first_line(folder + "/io.bfq.weight") == "default 300");
  } else if (exists(folder + "/io.weight")) {
    CHECK(first_line(folder + "/io.weight") == "default 2930");
  } else {
    CHECK(first_line(folder + "/blkio.bfq.weight") == "300");
  }
}

TEST_CASE("What is no block device has no rate, and a value the kernel refuses is told with its name") {
  if (!container_test::is_root()) return;
  Container box;
  box.spec.resources.device_read_bps = {{"/dev/null", 1 << 20}};
  CHECK_THROWS_WITH(box.start(), Catch::Contains("/dev/null is no block device"));
  Container far;
  far.spec.resources.cpuset = "4000";
  CHECK_THROWS_WITH(far.start(), Catch::Contains("cpuset") && Catch::Contains("'4000'"));
}

TEST_CASE("Resources come back from the spec as they went in") {
  engine::Spec spec;
  spec.resources = {1,
                    2,
                    3,
                    4,
                    true,
                    0.5,
                    6,
                    7,
                    8,
                    9,
                    10,
                    "0-3",
                    12,
                    13,
                    {{"/dev/a", 14}},
                    {{"/dev/b", 15}},
                    {{"/dev/c", 16}},
                    {{"/dev/d", 17}},
                    {{"/dev/e", 18}}};
  spec.devices = {{"/dev/fuse", "/dev/x", "rw"}};
  spec.device_cgroup_rules = {"c 1:3 r"};
  const std::string text = engine::to_json(spec);
  const engine::Spec back = engine::spec_from_json(text);
  CHECK(engine::to_json(back) == text);
  CHECK(back.resources.device_write_iops.at(0).rate == 18);
  CHECK(back.resources.cpuset == "0-3");
  CHECK(back.devices.at(0).target == "/dev/x");
  CHECK(back.device_cgroup_rules.at(0) == "c 1:3 r");
}
