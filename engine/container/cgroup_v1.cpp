// Controllers of cgroup v1: Documentation/admin-guide/cgroup-v1 of the kernel.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "engine/container/cgroup.h"
#include "engine/container/limits.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine::cgroup_v1 {

namespace {

constexpr int64_t kPeriod = 100000;  // microseconds

// False: there is no such knob, and the limit stays in `rest`, which refuses it.
bool set(const std::string& folder, const std::string& knob, int64_t value, const std::string& limit) {
  return set_limit(folder, knob, std::to_string(value), limit);
}

int64_t read_number(const std::string& file) {
  return std::strtoll(sys::read_file_if_exists(file).value_or("0").c_str(), nullptr, 10);
}

void apply_memory(const std::string& folder, Resources& rest) {
  const int64_t memory = std::exchange(rest.memory, 0);
  const int64_t both = rest.memory_swap != 0 ? rest.memory_swap : 2 * memory;
  // The kernel wants the two together to be no less than memory, at every moment.
  if (memory > read_number(folder + "/memory.memsw.limit_in_bytes") && both != 0)
    set(folder, "memory.memsw.limit_in_bytes", both, "the limit of memory and swap");
  if (memory != 0) set(folder, "memory.limit_in_bytes", memory, "the memory limit");
  // Where the kernel was started with swapaccount=0 the default of twice the memory has no knob, and what was
  // asked for is refused.
  if (both != 0 && set(folder, "memory.memsw.limit_in_bytes", both, "the limit of memory and swap"))
    rest.memory_swap = 0;
  if (rest.memory_reservation != 0 &&
      set(folder, "memory.soft_limit_in_bytes", rest.memory_reservation, "the memory reservation"))
    rest.memory_reservation = 0;
  if (rest.memory_swappiness >= 0 &&
      set(folder, "memory.swappiness", rest.memory_swappiness, "mem_swappiness"))
    rest.memory_swappiness = -1;
  if (rest.oom_kill_disable && set(folder, "memory.oom_control", 1, "oom_kill_disable"))
    rest.oom_kill_disable = false;
}

// The share of real time that `folder` must have for those below it and `more`; microseconds of `period`.
int64_t real_time_needed(const std::string& folder, int64_t period, double more) {
  double share = more;
  for (const std::string& group : sub_groups(folder)) {
    const int64_t of = read_number(group + "/cpu.rt_period_us");
    if (of > 0)
      share += static_cast<double>(read_number(group + "/cpu.rt_runtime_us")) / static_cast<double>(of);
  }
  return static_cast<int64_t>(std::ceil(share * static_cast<double>(period)));
}

// A group can hand out no more real time than it has itself.
void apply_real_time(const std::string& mount_point, const std::string& path, Resources& rest) {
  const std::string folder = mount_point + path;
  if (!sys::read_file_if_exists(folder + "/cpu.rt_runtime_us")) return;
  const int64_t period = rest.cpu_rt_period != 0 ? rest.cpu_rt_period : 1000000;
  const double share = static_cast<double>(rest.cpu_rt_runtime) / static_cast<double>(period);
  for (size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
    const std::string above = mount_point + path.substr(0, end);
    set(above, "cpu.rt_runtime_us", real_time_needed(above, read_number(above + "/cpu.rt_period_us"), share),
        "cpu_rt_runtime");
  }
  set(folder, "cpu.rt_period_us", period, "cpu_rt_period");
  set(folder, "cpu.rt_runtime_us", rest.cpu_rt_runtime, "cpu_rt_runtime");
  rest.cpu_rt_period = 0;
  rest.cpu_rt_runtime = 0;
}

void apply_cpu(const std::string& mount_point, const std::string& path, Resources& rest) {
  const std::string folder = mount_point + path;
  if (rest.cpus != 0) {
    rest.cpu_period = kPeriod;
    rest.cpu_quota = std::max<int64_t>(1000, std::llround(rest.cpus * kPeriod));
  }
  if (rest.cpu_period != 0) set(folder, "cpu.cfs_period_us", rest.cpu_period, "cpu_period");
  if (rest.cpu_quota != 0) set(folder, "cpu.cfs_quota_us", rest.cpu_quota, "the limit of cpus");
  if (rest.cpu_shares != 0) set(folder, "cpu.shares", rest.cpu_shares, "cpu_shares");
  rest.cpus = 0;
  rest.cpu_period = 0;
  rest.cpu_quota = 0;
  rest.cpu_shares = 0;
  if (rest.cpu_rt_runtime != 0 || rest.cpu_rt_period != 0) apply_real_time(mount_point, path, rest);
}

void apply_rates(const std::string& folder, const std::string& knob, std::vector<DeviceRate>& rates,
                 const std::string& limit) {
  for (const DeviceRate& device : rates) {
    const std::string line = block_device_number(device.path) + ' ' + std::to_string(device.rate);
    if (!set_limit(folder, knob, line, limit)) return;
  }
  rates.clear();
}

// The weights belong to CFQ on old kernels and to BFQ on those since 5.0.
void apply_blkio(const std::string& folder, Resources& rest) {
  for (const std::string kind : {"blkio.", "blkio.bfq."}) {
    if (rest.blkio_weight != 0 && set(folder, kind + "weight", rest.blkio_weight, "blkio_config.weight"))
      rest.blkio_weight = 0;
    apply_rates(folder, kind + "weight_device", rest.blkio_weight_device, "blkio_config.weight_device");
  }
  const std::string throttle = "blkio.throttle.";
  apply_rates(folder, throttle + "read_bps_device", rest.device_read_bps, "blkio_config.device_read_bps");
  apply_rates(folder, throttle + "write_bps_device", rest.device_write_bps, "blkio_config.device_write_bps");
  apply_rates(folder, throttle + "read_iops_device", rest.device_read_iops, "blkio_config.device_read_iops");
  apply_rates(folder, throttle + "write_iops_device", rest.device_write_iops,
              "blkio_config.device_write_iops");
}

void apply_devices(const std::string& folder, const DeviceAccess& devices) {
  if (devices.all) {
    sys::write_knob(folder + "/devices.allow", "a");
    return;
  }
  sys::write_knob(folder + "/devices.deny", "a");
  const std::string allow = folder + "/devices.allow";
  const sys::Fd knob = sys::open(allow, O_WRONLY);  // a rule a write
  for (const DeviceRule& rule : devices.rules) {
    const std::string text = rule.text();
    sys::check(::pwrite(knob.get(), text.data(), text.size(), 0), "write", allow);
  }
}

// So that the kernel gives groups below this one its processors and memory by itself, which takes a third of
// the time of writing them.
void clone_children(const std::string& folder) {
  try {
    sys::write_knob(folder + "/cgroup.clone_children", "1");
  } catch (const sys::Error&) {  // NOLINT(bugprone-empty-catch): they are written, then
  }
}

}  // namespace

void inherit_cpuset(const std::string& mount_point, const std::string& path) {
  for (const std::string knob : {"/cpuset.cpus", "/cpuset.mems"}) {
    std::string parent = mount_point;
    for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      const std::string folder = mount_point + path.substr(0, end);
      if (sys::read_file(folder + knob).size() <= 1) {
        sys::write_knob(folder + knob, sys::read_file(parent + knob));
        if (parent == mount_point) clone_children(folder);
      }
      if (end == std::string::npos) break;
      parent = folder;
    }
  }
}

void apply_limits(const CgroupHierarchy& hierarchy, const std::string& path, Resources& rest) {
  const std::string folder = hierarchy.mount_point + path;
  for (const std::string& controller : hierarchy.controllers) {
    if (controller == "memory") apply_memory(folder, rest);
    if (controller == "cpu") apply_cpu(hierarchy.mount_point, path, rest);
    if (controller == "blkio") apply_blkio(folder, rest);
    if (controller == "pids") {
      if (rest.pids != 0)
        set_limit(folder, "pids.max", rest.pids < 0 ? "max" : std::to_string(rest.pids), "the pids limit");
      rest.pids = 0;
    }
    if (controller == "cpuset" && !rest.cpuset.empty() &&
        set_limit(folder, "cpuset.cpus", rest.cpuset, "cpuset"))
      rest.cpuset.clear();
  }
}

void apply(const CgroupHierarchy& hierarchy, const std::string& path, Resources& rest,
           const DeviceAccess& devices) {
  for (const std::string& controller : hierarchy.controllers) {
    if (controller == "devices") apply_devices(hierarchy.mount_point + path, devices);
    if (controller == "cpuset") inherit_cpuset(hierarchy.mount_point, path);
  }
  apply_limits(hierarchy, path, rest);
}

}  // namespace engine::cgroup_v1
