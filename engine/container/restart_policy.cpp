#include "engine/container/restart_policy.h"

#include <algorithm>

#include "engine/error.h"

namespace engine {

namespace {

constexpr int64_t kFirstDelay = 100, kLongestDelay = 60000, kSettled = 10000;

}  // namespace

RestartPolicy::RestartPolicy(const std::string& name, int most) : most_(most), next_delay_ms_(kFirstDelay) {
  if (name == "no" || name.empty()) {
    when_ = When::kNever;
  } else if (name == "on-failure") {
    when_ = When::kFailure;
  } else if (name == "always" || name == "unless-stopped") {
    when_ =
        When::kAlways;  // they differ in what happens after the host's restart, which is the engine's to do
  } else {
    throw Error(Error::Kind::kInvalid, "unknown restart policy " + name);
  }
}

std::optional<int64_t> RestartPolicy::delay_after_exit(int exit_code, int64_t ran_ms, int restart_count,
                                                       bool stopped_by_user) {
  if (stopped_by_user || when_ == When::kNever) return std::nullopt;
  if (when_ == When::kFailure && (exit_code == 0 || (most_ > 0 && restart_count >= most_)))
    return std::nullopt;
  if (ran_ms >= kSettled) next_delay_ms_ = kFirstDelay;
  const int64_t delay = next_delay_ms_;
  next_delay_ms_ = std::min(kLongestDelay, next_delay_ms_ * 2);
  return delay;
}

}  // namespace engine
