#include "engine/http/cancellation.h"

#include <algorithm>

#include "engine/error.h"

namespace engine {

void Cancellation::stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

void Cancellation::check(const std::string& what) const {
  if (stopped()) throw Error(Error::Kind::kUnavailable, what + " was cancelled");
}

bool Cancellation::wait(std::chrono::milliseconds duration) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kSlice{100};  // the user's wish tells nobody that it has come up
  const Clock::time_point end = Clock::now() + duration;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopped()) {
    const Clock::time_point now = Clock::now();
    if (now >= end) return true;
    changed_.wait_until(lock, std::min(end, now + kSlice));
  }
  return false;
}

}  // namespace engine
