#pragma once
// What a container uses of the machine at this moment. Sources: the kernel's
// Documentation/admin-guide/cgroup-v1/{cpuacct,memory,blkio-controller,pids}.rst and cgroup-v2.rst, proc(5).
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/container/cgroup.h"

namespace engine {

struct Usage {                                // zero where the host does not count it
  int64_t cpu_ns = 0;                         // processor time since the container was started
  int64_t memory = 0;                         // bytes, without file pages the kernel can drop at once
  int64_t memory_limit = 0;                   // bytes; the machine's memory when there is no lower limit
  int64_t received = 0, sent = 0;             // bytes over all its networks
  int64_t block_read = 0, block_written = 0;  // bytes
  int64_t pids = 0;                           // processes and threads
};

// `first`: the container's first process, whose network is looked at. A group that is gone uses nothing.
Usage usage_of(const Cgroup& cgroup, pid_t first);

struct Process {
  unsigned uid = 0;  // effective, as the host counts
  pid_t pid = 0, parent = 0;
  int64_t started_ms = 0;  // Unix time, milliseconds
  int64_t cpu_ms = 0;      // processor time
  std::string terminal;    // "pts/0"; "?": none
  std::string command;     // its arguments, separated by spaces; "[name]" when it has none
};

// All that are in the group or below, by pid. One that ends meanwhile is left out.
std::vector<Process> processes_of(const Cgroup& cgroup);

}  // namespace engine
