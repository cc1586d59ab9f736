#include "engine/container/health_state.h"

#include "engine/error.h"

namespace engine {

namespace {

constexpr size_t kKept = 5;
constexpr size_t kMostOutput = 4096;

}  // namespace

HealthState::HealthState(SpecHealthCheck check) : check_(std::move(check)) {
  const SpecHealthCheck defaults;
  for (const auto member :
       {&SpecHealthCheck::interval_ms, &SpecHealthCheck::timeout_ms, &SpecHealthCheck::start_interval_ms}) {
    if (check_.*member <= 0) check_.*member = defaults.*member;
  }
  if (check_.retries <= 0) check_.retries = defaults.retries;
}

bool HealthState::enabled() const {
  return !check_.test.empty() && check_.test[0] != "NONE";
}

std::vector<std::string> HealthState::command() const {
  std::vector<std::string> words(check_.test.begin() + 1, check_.test.end());
  if (check_.test[0] == "CMD" && !words.empty()) return words;
  if (check_.test[0] == "CMD-SHELL" && !words.empty()) {
    words.insert(words.begin(),
                 {"/bin/sh", "-c"});  // words after the line are its $0, $1, ... as with Docker
    return words;
  }
  throw Error(Error::Kind::kInvalid,
              "healthcheck test must be [\"CMD\", program, ...] or [\"CMD-SHELL\", line]");
}

void HealthState::begin(Status& status, int64_t now_ms) {
  begun_ms_ = now_ms;
  status.health = Health::kStarting;
  status.failing_streak = 0;
}

bool HealthState::in_start_period(const Status& status, int64_t now_ms) const {
  return status.health == Health::kStarting && now_ms - begun_ms_ < check_.start_period_ms;
}

int64_t HealthState::next_delay(const Status& status, int64_t now_ms) const {
  return in_start_period(status, now_ms) ? check_.start_interval_ms : check_.interval_ms;
}

bool HealthState::record(Status& status, HealthResult result, int64_t now_ms) const {
  const Health before = status.health;
  if (result.output.size() > kMostOutput) result.output.resize(kMostOutput);
  if (result.exit_code == 0) {
    status.health = Health::kHealthy;
    status.failing_streak = 0;
  } else if (!in_start_period(status, now_ms)) {
    ++status.failing_streak;
    if (status.failing_streak >= check_.retries) status.health = Health::kUnhealthy;
  }
  status.health_log.push_back(std::move(result));
  if (status.health_log.size() > kKept) status.health_log.erase(status.health_log.begin());
  return status.health != before;
}

}  // namespace engine
