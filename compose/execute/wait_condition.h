#pragma once
// Waiting for the condition of a depends_on.
#include <stdexcept>
#include <string>
#include <vector>

#include "compose/execute/executor.h"

namespace compose {

// The user cancelled while a step was waiting.
class Cancelled : public std::runtime_error {
 public:
  Cancelled() : std::runtime_error("cancelled") {}
};

// The condition can no longer come true. what() is the whole message:
// "dependency failed to start: container demo-db-1 is unhealthy (last health check exited with 1: refused)".
class ConditionFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What became of a container, after its name: "exited (1), killed for want of memory".
std::string ended_text(const engine::Status& status);
// " (last health check exited with 1: refused)"; empty when there was none.
std::string last_health(const engine::Status& status);

// The containers of `wait` for which the condition does not hold, each with what it is instead:
// "container demo-db-1 is starting (last health check exited with 1: refused)".
std::vector<std::string> what_is_unready(const WaitFor& wait, engine::Engine& engine);

// Returns when the condition holds for every container of `wait`. Throws ConditionFailed, Cancelled, and what
// the engine throws.
void wait_for(const WaitFor& wait, engine::Engine& engine, const Cancellation& cancellation);

}  // namespace compose
