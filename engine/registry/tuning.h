#pragma once
// The numbers of a transfer; tests take smaller ones.
#include <cstdint>

namespace engine::registry {

struct Tuning {
  int64_t connect_timeout_ms = 30'000;
  int64_t stall_timeout_s = 60;   // without a byte
  int attempts = 6;               // of one request or blob in a row that brought nothing
  int64_t first_pause_ms = 1000;  // doubles with each attempt
  int64_t longest_pause_ms = 30'000;
  int layers_at_once = 3;
};

}  // namespace engine::registry
