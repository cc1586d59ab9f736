// Controllers of cgroup v1: Documentation/admin-guide/cgroup-v1 of the kernel.
#include <algorithm>
#include <cmath>

#include "engine/container/cgroup.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine::cgroup_v1 {

namespace {

constexpr int64_t kPeriod = 100000;  // microseconds

void set(const std::string& folder, const std::string& knob, int64_t value) {
  sys::write_knob(folder + '/' + knob, std::to_string(value));
}

void apply_memory(const std::string& folder, SpecResources& rest) {
  if (rest.memory != 0) set(folder, "memory.limit_in_bytes", rest.memory);
  rest.memory = 0;
  if (rest.memory_swap == 0) return;
  // Missing where the kernel was started with swapaccount=0: left in `rest`, which refuses it.
  if (!sys::read_file_if_exists(folder + "/memory.memsw.limit_in_bytes")) return;
  set(folder, "memory.memsw.limit_in_bytes", rest.memory_swap);
  rest.memory_swap = 0;
}

void apply_cpu(const std::string& folder, SpecResources& rest) {
  if (rest.cpus != 0) {
    set(folder, "cpu.cfs_period_us", kPeriod);
    set(folder, "cpu.cfs_quota_us", std::max<int64_t>(1000, std::llround(rest.cpus * kPeriod)));
  }
  if (rest.cpu_shares != 0) set(folder, "cpu.shares", rest.cpu_shares);
  rest.cpus = 0;
  rest.cpu_shares = 0;
}

void apply_devices(const std::string& folder, DeviceRule devices) {
  if (devices == DeviceRule::kAll) {
    sys::write_knob(folder + "/devices.allow", "a");
    return;
  }
  sys::write_knob(folder + "/devices.deny", "a");
  // Making nodes is harmless without the right to open them; package managers and tar do it.
  sys::write_knob(folder + "/devices.allow", "c *:* m");
  sys::write_knob(folder + "/devices.allow", "b *:* m");
  for (const DeviceAllowed& device : standard_devices()) {
    const std::string minor = device.minor < 0 ? "*" : std::to_string(device.minor);
    sys::write_knob(folder + "/devices.allow", "c " + std::to_string(device.major) + ':' + minor + " rwm");
  }
}

}  // namespace

void inherit_cpuset(const std::string& mount_point, const std::string& path) {
  for (const std::string knob : {"/cpuset.cpus", "/cpuset.mems"}) {
    std::string parent = mount_point;
    for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      const std::string folder = mount_point + path.substr(0, end);
      if (sys::read_file(folder + knob).size() <= 1)
        sys::write_knob(folder + knob, sys::read_file(parent + knob));
      if (end == std::string::npos) break;
      parent = folder;
    }
  }
}

void apply(const CgroupHierarchy& hierarchy, const std::string& folder, SpecResources& rest,
           DeviceRule devices) {
  for (const std::string& controller : hierarchy.controllers) {
    if (controller == "memory") apply_memory(folder, rest);
    if (controller == "cpu") apply_cpu(folder, rest);
    if (controller == "devices") apply_devices(folder, devices);
    if (controller == "pids") {
      if (rest.pids != 0) set(folder, "pids.max", rest.pids);
      rest.pids = 0;
    }
  }
}

}  // namespace engine::cgroup_v1
