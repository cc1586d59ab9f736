#pragma once
// One run of a health check's command inside the container.
#include <cstdint>
#include <optional>

#include "engine/container/health_state.h"
#include "engine/container/launch.h"

namespace monitor {

class HealthProbe {
 public:
  // Starts the command. A command that cannot be started gives a failed result at once (`result` is then
  // set).
  HealthProbe(const engine::Spec& spec, const engine::Cgroup& cgroup, int container,
              const engine::HealthState& check);
  // Kills it and its process group when it still runs.
  ~HealthProbe();
  HealthProbe(const HealthProbe&) = delete;
  HealthProbe& operator=(const HealthProbe&) = delete;

  int output_fd() const { return output_.get(); }          // -1 when at its end
  int process_fd() const { return process_.pidfd.get(); }  // -1 when over
  int64_t deadline_ms() const { return deadline_ms_; }     // monotonic

  void read_output();
  // The process has ended: the result.
  engine::HealthResult finish();
  // Its time is over: dropped, and the result.
  engine::HealthResult time_out();
  // Kills it without waiting, as what stands still or waits for a disk does not end before it goes on. To be
  // kept until `process_fd` tells of its end; nothing else is to be asked of it.
  void drop();
  bool dropped() const { return dropped_; }
  // Set when it could not be started.
  const std::optional<engine::HealthResult>& failed() const { return failed_; }

 private:
  void kill();
  int end();

  engine::Launched process_;
  sys::Fd output_;
  int64_t timeout_ms_, deadline_ms_;
  engine::HealthResult result_;
  std::optional<engine::HealthResult> failed_;
  bool dropped_ = false;
};

}  // namespace monitor
