#include "compose/execute/update_watch.h"

#include <poll.h>

#include <algorithm>
#include <optional>

#include "compose/execute/wait_condition.h"

namespace compose {
namespace {

using Clock = std::chrono::steady_clock;
using engine::Health;
using engine::State;
using engine::Status;
using std::chrono::milliseconds;

// How long a cancellation may go unnoticed, and a container has to set up its health check.
constexpr milliseconds kSlice{200};
constexpr milliseconds kWithoutHealthCheck{5000};

enum class Judgement { kNotYet, kGood, kFinished };

// Throws ContainerFailed.
Judgement judge(const MonitorContainer& monitor, const Status& status) {
  switch (status.state) {
    case State::kExited:
    case State::kDead:
      if (monitor.may_finish && status.exit_code == 0 && status.error.empty()) return Judgement::kFinished;
      throw ContainerFailed(ended_text(status));
    case State::kRestarting:
      throw ContainerFailed(ended_text(status) + " and is restarted again and again");
    case State::kCreated:
    case State::kPaused:
      return Judgement::kNotYet;
    case State::kRunning:
      break;
  }
  if (status.restart_count > monitor.restarts) throw ContainerFailed("has ended and was restarted");
  if (status.health == Health::kUnhealthy) throw ContainerFailed("is unhealthy" + last_health(status));
  return status.health == Health::kStarting ? Judgement::kNotYet : Judgement::kGood;
}

milliseconds wanted_time(const MonitorContainer& monitor, const Status& status) {
  const bool checked = status.health != Health::kNone;
  return monitor.time.value_or(checked ? milliseconds(0) : kWithoutHealthCheck);
}

}  // namespace

void UpdateTally::note_failed_start(const std::string& container, const std::string& why) {
  const std::lock_guard<std::mutex> lock(mutex_);
  failed_starts_[container] = why;
}

std::string UpdateTally::failed_start(const std::string& container) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = failed_starts_.find(container);
  return found == failed_starts_.end() ? "" : found->second;
}

int UpdateTally::fail(const std::string& service) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return ++failures_[service];
}

void watch_update(const MonitorContainer& monitor, engine::Engine& engine, const Cancellation& cancellation) {
  const auto container = engine.find_container(monitor.container);
  if (!container) throw ContainerFailed("is gone");
  std::optional<Clock::time_point> good_since;
  Judgement last = Judgement::kNotYet;
  const auto unchanged = [&](const Status& status) {
    if (cancellation.cancelled()) return false;
    try {
      return judge(monitor, status) == last;
    } catch (const ContainerFailed&) {
      return false;  // thrown again below, outside the engine's callback
    }
  };
  for (milliseconds slice{0};;) {
    const Status status = engine.watch_container(container->id, slice.count(), unchanged);
    if (cancellation.cancelled()) throw Cancelled();
    last = judge(monitor, status);
    if (last == Judgement::kFinished) return;
    if (last == Judgement::kNotYet) {
      good_since.reset();
      slice = kSlice;
      continue;
    }
    if (!good_since) good_since = Clock::now();
    // Without a health check it may be about to get one.
    const milliseconds least = status.health == Health::kNone ? kSlice : milliseconds(0);
    const milliseconds wanted = std::max(wanted_time(monitor, status), least);
    const auto passed = std::chrono::duration_cast<milliseconds>(Clock::now() - *good_since);
    if (passed >= wanted) return;
    slice = std::min(kSlice, wanted - passed);
  }
}

void wait_delay(const Delay& delay, const Cancellation& cancellation) {
  const auto end = Clock::now() + delay.time;
  while (!cancellation.cancelled()) {
    const auto left = std::chrono::ceil<milliseconds>(end - Clock::now()).count();
    if (left <= 0) return;
    pollfd cancelled{cancellation.fd(), POLLIN, 0};
    ::poll(&cancelled, 1, static_cast<int>(std::min<int64_t>(left, 1 << 30)));
  }
  throw Cancelled();
}

}  // namespace compose
