#include "compose/execute/wait_condition.h"

#include <chrono>
#include <optional>

namespace compose {
namespace {

using engine::Health;
using engine::State;
using engine::Status;

// How long a cancellation may go unnoticed.
constexpr int64_t kSliceMs = 200;
// How long a container has to have run for --wait to believe that it stays; what cannot start its work has
// mostly ended by then.
constexpr int64_t kSettledMs = 500;
constexpr size_t kLongestOutput = 300;

std::string last_line(const std::string& output) {
  const size_t end = output.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return "";
  const size_t begin = output.find_last_of('\n', end);
  std::string line = output.substr(begin == std::string::npos ? 0 : begin + 1, end - begin);
  if (begin == std::string::npos) line = output.substr(0, end + 1);
  return line.size() > kLongestOutput ? line.substr(0, kLongestOutput) + "..." : line;
}

int64_t unix_time_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

bool has_ended(const Status& status) {
  return status.state == State::kExited || status.state == State::kDead;
}

// Of one for which the condition does not hold yet.
std::string state_text(const WaitFor& wait, const Status& status) {
  const bool checked = wait.condition == WaitFor::Condition::kHealthy && status.state == State::kRunning;
  const std::string ended =
      status.state == State::kRestarting ? " (it exited with " + std::to_string(status.exit_code) + ")" : "";
  return "is " + (checked ? std::string("starting") : engine::to_string(status.state)) + ended +
         last_health(status) + (status.error.empty() ? "" : ": " + status.error);
}

// Judges one status: true when the condition holds, false when it may yet come true.
class Judge {
 public:
  Judge(const WaitFor& wait, std::string container) : wait_(wait), container_(std::move(container)) {}

  // `settled`: the container has had its time to set up a health check. Throws ConditionFailed.
  bool holds(const Status& status, bool settled) const {
    switch (wait_.condition) {
      case WaitFor::Condition::kRunning:
        return is_running(status);
      case WaitFor::Condition::kHealthy:
        return is_healthy(status, settled);
      case WaitFor::Condition::kCompletedSuccessfully:
        break;
    }
    return is_completed(status);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ConditionFailed("dependency failed to start: container " + container_ + " " + what);
  }

  // Only --wait requires it: a dependency that has to be started is what start_container returns from.
  bool is_running(const Status& status) const {
    if (!has_ended(status)) {
      if (!wait_.required) return status.state != State::kCreated;
      if (status.state == State::kPaused) return true;
      return status.state == State::kRunning && unix_time_ms() - status.started_ms >= kSettledMs;
    }
    if (status.exit_code == 0) return true;
    fail(ended_text(status));
  }

  bool is_healthy(const Status& status, bool settled) const {
    if (has_ended(status)) fail(ended_text(status));
    if (status.health == Health::kUnhealthy) fail("is unhealthy" + last_health(status));
    if (status.state == State::kRunning && status.health == Health::kNone && settled) {
      fail("has no healthcheck configured: give service \"" + wait_.service +
           "\" a healthcheck, or depend on it with condition service_started");
    }
    return status.state == State::kRunning && status.health == Health::kHealthy;
  }

  bool is_completed(const Status& status) const {
    if (!has_ended(status)) return false;
    if (status.exit_code == 0 && status.state == State::kExited) return true;
    throw ConditionFailed("service \"" + wait_.service + "\" didn't complete successfully: exit " +
                          std::to_string(status.exit_code) +
                          (status.error.empty() ? "" : " (" + status.error + ")"));
  }

  const WaitFor& wait_;
  const std::string container_;
};

void wait_for_one(const WaitFor& wait, const std::string& name, engine::Engine& engine,
                  const Cancellation& cancellation) {
  const auto container = engine.find_container(name);
  if (!container) throw ConditionFailed("dependency failed to start: container " + name + " is gone");
  const Judge judge(wait, name);
  const auto worth_waiting = [&](const Status& status) {
    if (cancellation.cancelled()) return false;
    try {
      return !judge.holds(status, false);
    } catch (const ConditionFailed&) {
      return false;  // thrown again below, outside the engine's callback
    }
  };
  for (;;) {
    const Status status = engine.watch_container(container->id, kSliceMs, worth_waiting);
    if (cancellation.cancelled()) throw Cancelled();
    if (judge.holds(status, true)) return;
  }
}

}  // namespace

std::string ended_text(const Status& status) {
  return "exited (" + std::to_string(status.exit_code) + ")" +
         (status.oom_killed ? ", killed for want of memory" : "") +
         (status.error.empty() ? "" : ": " + status.error);
}

std::string last_health(const Status& status) {
  if (status.health_log.empty()) return "";
  const engine::HealthResult& last = status.health_log.back();
  const std::string line = last_line(last.output);
  return " (last health check exited with " + std::to_string(last.exit_code) +
         (line.empty() ? "" : ": " + line) + ")";
}

std::vector<std::string> what_is_unready(const WaitFor& wait, engine::Engine& engine) {
  std::vector<std::string> unready;
  for (const std::string& name : wait.containers) {
    const std::string subject = "container " + name + " ";
    const auto container = engine.find_container(name);
    if (!container) {
      unready.push_back(subject + "is gone");
      continue;
    }
    const Status& status = container->status;
    try {
      if (!Judge(wait, name).holds(status, true)) unready.push_back(subject + state_text(wait, status));
    } catch (const ConditionFailed& failed) {
      unready.emplace_back(failed.what());
    }
  }
  return unready;
}

void wait_for(const WaitFor& wait, engine::Engine& engine, const Cancellation& cancellation) {
  for (const auto& name : wait.containers) wait_for_one(wait, name, engine, cancellation);
}

}  // namespace compose
