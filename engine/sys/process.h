#pragma once
// Naming a process safely: a pid alone can be reused, a pid with its start time cannot.
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sys/fd.h"

namespace sys {

struct ProcessId {
  pid_t pid = 0;
  uint64_t start_time = 0;  // field 22 of /proc/<pid>/stat, clock ticks since boot (man 5 proc)
};

// Start time of a live process; nothing when there is none (zombies count as none). Throws never.
std::optional<uint64_t> start_time_of(pid_t pid);
// True when exactly this process still runs.
bool is_alive(const ProcessId& id);
// A pidfd that is sure to mean this process; empty Fd when it is gone. Throws Error (not for ESRCH).
Fd open_pidfd(const ProcessId& id);
// pidfd_send_signal(2); false when the process is gone. Throws Error.
bool send_signal(const Fd& pidfd, int signal);

// "<prefix><pid>-<start time>-<16 hex>": a fresh name for a file that must not outlive this process, so that
// who finds it later can tell.
std::string own_name(std::string_view prefix);
// The process that gave this name; nothing when it is no such name.
std::optional<ProcessId> owner_of_name(const std::string& name, std::string_view prefix);

}  // namespace sys
