#include "engine/registry/event_relay.h"

namespace engine::registry {

namespace {
constexpr std::chrono::milliseconds kBetween{100};
}

void EventRelay::tell(const LayerEvent& event) {
  const std::lock_guard<std::mutex> lock(mutex_);
  observer_.layer(event);
}

void EventRelay::state(const std::string& id, LayerEvent::State state, const std::string& detail) {
  LayerEvent event;
  event.id = id;
  event.state = state;
  event.detail = detail;
  tell(event);
}

void EventRelay::retrying(const std::string& id, int seconds, const std::string& why) {
  LayerEvent event;
  event.id = id;
  event.state = LayerEvent::State::kRetrying;
  event.retry_in_s = seconds;
  event.detail = why;
  tell(event);
}

void EventRelay::bytes(const std::string& id, LayerEvent::State state, int64_t done, int64_t total) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Clock::time_point now = Clock::now();
  Clock::time_point& last = told_[id];
  if (now - last < kBetween && done != total) return;
  last = now;
  LayerEvent event;
  event.id = id;
  event.state = state;
  event.done = done;
  event.total = total;
  observer_.layer(event);
}

void EventRelay::status(const std::string& line) {
  const std::lock_guard<std::mutex> lock(mutex_);
  observer_.status(line);
}

void EventRelay::warning(const std::string& text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  observer_.warning(text);
}

}  // namespace engine::registry
