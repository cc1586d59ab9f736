#pragma once
// When to try again: pauses that double, or what the server asked for (RFC 9110, 10.2.3 Retry-After).
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/http/cancellation.h"
#include "engine/registry/tuning.h"

namespace engine::registry {

// Seconds of a Retry-After header, in either of its forms; nothing when it is neither or in the past.
std::optional<int64_t> retry_after_s(const std::string& header, int64_t now_s);

// Used by one thread.
class Backoff {
 public:
  Backoff(const Tuning& tuning, Cancellation& cancellation) : tuning_(tuning), cancellation_(cancellation) {}

  // Waits before the next attempt, having told `announce` the seconds. False when there is none: too many
  // have failed, or the server wants a longer pause than is sensible. Returns early, with true, when stopped:
  // the next attempt notices.
  bool next(std::optional<int64_t> server_wants_s, const std::function<void(int seconds)>& announce = {});
  // An attempt brought something.
  void reset() { failures_ = 0; }

 private:
  const Tuning& tuning_;
  Cancellation& cancellation_;
  int failures_ = 0;
};

}  // namespace engine::registry
