#pragma once
// Judges the new containers of updates by groups (MonitorContainer).
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

#include "compose/execute/executor.h"

namespace compose {

// What became of the updates of one run. Thread-safe.
class UpdateTally {
 public:
  // A container could not be started; `why` is told when it is judged.
  void note_failed_start(const std::string& container, const std::string& why);
  std::string failed_start(const std::string& container);  // empty: it has started
  // Counts a failure in a service's update. Returns how many there are now.
  int fail(const std::string& service);

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> failed_starts_;
  std::map<std::string, int> failures_;
};

// what() says what is wrong with the container: "is unhealthy (last health check exited with 1: refused)".
class ContainerFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Returns when the container has proved itself. Throws ContainerFailed, Cancelled, and what the engine
// throws.
void watch_update(const MonitorContainer& monitor, engine::Engine& engine, const Cancellation& cancellation);

// Returns when the time is over. Throws Cancelled.
void wait_delay(const Delay& delay, const Cancellation& cancellation);

}  // namespace compose
