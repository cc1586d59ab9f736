#pragma once
// When a container that ended is started again. Pure: time comes in, a decision comes out.
#include <cstdint>
#include <optional>
#include <string>

namespace engine {

class RestartPolicy {
 public:
  // `name`: no, always, on-failure, unless-stopped; `most` counts for on-failure only, 0: without end.
  // Throws engine::Error(kInvalid) for another name.
  RestartPolicy(const std::string& name, int most);

  // After an exit: the milliseconds to wait before the next start, nothing when it stays down. `ran_ms`: how
  // long it was up; 10 s or more set the wait back to its beginning.
  std::optional<int64_t> delay_after_exit(int exit_code, int64_t ran_ms, int restart_count,
                                          bool stopped_by_user);

 private:
  enum class When { kNever, kFailure, kAlways } when_;
  int most_;
  int64_t next_delay_ms_;
};

}  // namespace engine
