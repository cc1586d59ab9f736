#pragma once
// What a container may use of the machine, on the scale it is asked for with (that of cgroup v1 and of
// Docker); cgroup.h sets it on whatever the host has. Plain data.
#include <cstdint>
#include <string>
#include <vector>

namespace engine {

struct DeviceRate {
  std::string path;  // of a block device of the host
  int64_t rate = 0;  // bytes or operations a second; as a weight: 10 to 1000
};

struct Resources {                 // 0 and empty everywhere: not limited
  int64_t memory = 0;              // bytes
  int64_t memory_reservation = 0;  // bytes that are left to it when memory is short
  int64_t memory_swap = 0;         // bytes, memory included; -1: no limit; 0: twice the memory
  int memory_swappiness = -1;      // 0 to 100; -1: the host's
  bool oom_kill_disable = false;   // processes wait for memory instead of being killed
  double cpus = 0;
  int64_t cpu_shares = 0;                         // 2 to 262144
  int64_t cpu_quota = 0, cpu_period = 0;          // microseconds; with these `cpus` is 0
  int64_t cpu_rt_runtime = 0, cpu_rt_period = 0;  // microseconds
  std::string cpuset;                             // "0-2,4" (man 7 cpuset, list format)
  int64_t pids = 0;                               // -1: no limit
  int blkio_weight = 0;                           // 10 to 1000
  std::vector<DeviceRate> blkio_weight_device;
  std::vector<DeviceRate> device_read_bps, device_write_bps, device_read_iops, device_write_iops;
};

}  // namespace engine
