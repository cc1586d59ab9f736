#pragma once
// From the results of health checks to starting, healthy, unhealthy. Pure: time comes in.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/container/spec.h"
#include "engine/container/status.h"

namespace engine {

class HealthState {
 public:
  // 0 for interval, timeout, start interval or retries means the default.
  explicit HealthState(SpecHealthCheck check);

  // False when there is nothing to run: no test, or {"NONE"}.
  bool enabled() const;
  // The command to run in the container: CMD's words, or /bin/sh -c for CMD-SHELL. Throws
  // engine::Error(kInvalid) for another form.
  std::vector<std::string> command() const;
  int64_t timeout_ms() const { return check_.timeout_ms; }

  // The container has just been started.
  void begin(Status& status, int64_t now_ms);
  // It was started at `begun_ms`, by a predecessor of this object; what has been found since is in its
  // status.
  void resume(int64_t begun_ms) { begun_ms_ = begun_ms; }
  // When the next check is due, counted from the end of the last one (or from the start).
  int64_t next_delay(const Status& status, int64_t now_ms) const;
  // Takes one result into `status`: log of the last 5, streak, state. Returns true when health changed.
  // Failures in the start period do not count until the first success.
  bool record(Status& status, HealthResult result, int64_t now_ms) const;

 private:
  bool in_start_period(const Status& status, int64_t now_ms) const;

  SpecHealthCheck check_;
  int64_t begun_ms_ = 0;
};

}  // namespace engine
