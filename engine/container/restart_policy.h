#pragma once
// When a container that ended is started again. Pure: time comes in, a decision comes out.
#include <cstdint>
#include <optional>
#include <string>

namespace engine {

struct RestartRules {
  std::string when;       // no, always, on-failure, unless-stopped
  int most = 0;           // restarts in a row; 0: without end
  int64_t delay_ms = -1;  // between an end and the next start; -1: 100 ms, doubling to a minute
  int64_t window_ms = 0;  // a run this long has succeeded: those before it do not count for `most`; 0: all do
};

class RestartPolicy {
 public:
  // Throws engine::Error(kInvalid) for another name.
  explicit RestartPolicy(const RestartRules& rules);

  // After an exit: the milliseconds to wait before the next start, nothing when it stays down. `ran_ms`: how
  // long it was up; 10 s or more set the wait back to its beginning.
  std::optional<int64_t> delay_after_exit(int exit_code, int64_t ran_ms, int restart_count,
                                          bool stopped_by_user);

 private:
  enum class When { kNever, kFailure, kAlways } when_;
  int most_;
  std::optional<int64_t> fixed_delay_ms_;
  int64_t window_ms_;
  int64_t next_delay_ms_;
  int forgiven_ = 0;  // restarts before a run that has succeeded
};

}  // namespace engine
