#pragma once
// The life of one container as its monitor records it: status.json in the container's state folder, replaced
// atomically at each change. Whoever reads it checks `process` and `boot_id` before believing "running".
#include <cstdint>
#include <string>
#include <vector>

#include "sys/process.h"

namespace engine {

enum class State { kCreated, kRunning, kRestarting, kPaused, kExited, kDead };
enum class Health { kNone, kStarting, kHealthy, kUnhealthy };

std::string to_string(State state);    // created, running, ...
std::string to_string(Health health);  // "", starting, healthy, unhealthy

struct HealthResult {
  int64_t started_ms = 0;  // Unix time, milliseconds
  int64_t ended_ms = 0;
  int exit_code = 0;
  std::string output;  // at most 4096 bytes
};

struct Status {
  State state = State::kCreated;
  Health health = Health::kNone;
  int failing_streak = 0;
  std::vector<HealthResult> health_log;  // last 5
  sys::ProcessId process;                // the container's PID 1 in the host's pid namespace
  sys::ProcessId monitor;
  std::string boot_id;     // /proc/sys/kernel/random/boot_id at start
  int64_t started_ms = 0;  // Unix time, milliseconds; 0: never
  int64_t finished_ms = 0;
  int exit_code = 0;  // 128+n for signal n
  bool oom_killed = false;
  int restart_count = 0;
  bool stopped_by_user = false;  // stop/kill asked for: unless-stopped stays down
  std::string error;             // why it could not be started
};

std::string to_json(const Status& status);
Status status_from_json(const std::string& text);
// The status as it really is: file missing -> kCreated; "running" whose process is gone or of another boot ->
// kExited with exit code 255 unless the file says otherwise. A damaged file, as a power failure may leave it,
// reads as kExited with 255 and an `error` that names it. Throws sys::Error.
Status read_status(const std::string& state_dir);
// Running or paused.
bool has_program(const Status& status);
// That, or between two runs.
bool goes_on(const Status& status);
// The file's word as it stands, believed or not; kCreated when there is none, damaged as above.
Status read_recorded_status(const std::string& state_dir);
// Whether by this word a monitor has the container in hand and is alive: nobody else has to look after it.
bool is_kept(const Status& recorded);
// /proc/sys/kernel/random/boot_id, read once.
const std::string& present_boot_id();

}  // namespace engine
