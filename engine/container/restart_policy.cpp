#include "engine/container/restart_policy.h"

#include <algorithm>

#include "engine/error.h"

namespace engine {

namespace {

constexpr int64_t kFirstDelay = 100, kLongestDelay = 60000, kSettled = 10000;

}  // namespace

RestartPolicy::RestartPolicy(const RestartRules& rules)
    : most_(rules.most), window_ms_(rules.window_ms), next_delay_ms_(kFirstDelay) {
  if (rules.delay_ms >= 0) fixed_delay_ms_ = rules.delay_ms;
  if (rules.when == "no" || rules.when.empty()) {
    when_ = When::kNever;
  } else if (rules.when == "on-failure") {
    when_ = When::kFailure;
  } else if (rules.when == "always" || rules.when == "unless-stopped") {
    when_ =
        When::kAlways;  // they differ in what happens after the host's restart, which is the engine's to do
  } else {
    throw Error(Error::Kind::kInvalid, "unknown restart policy " + rules.when);
  }
}

std::optional<int64_t> RestartPolicy::delay_after_exit(int exit_code, int64_t ran_ms, int restart_count,
                                                       bool stopped_by_user) {
  if (stopped_by_user || when_ == When::kNever) return std::nullopt;
  if (when_ == When::kFailure && exit_code == 0) return std::nullopt;
  if (window_ms_ > 0 && ran_ms >= window_ms_) forgiven_ = restart_count;
  if (most_ > 0 && restart_count - forgiven_ >= most_) return std::nullopt;
  if (fixed_delay_ms_) return fixed_delay_ms_;
  if (ran_ms >= kSettled) next_delay_ms_ = kFirstDelay;
  const int64_t delay = next_delay_ms_;
  next_delay_ms_ = std::min(kLongestDelay, next_delay_ms_ * 2);
  return delay;
}

}  // namespace engine
