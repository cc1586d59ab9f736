#pragma once
// The numbers of a transfer; tests take smaller ones.
#include <cstdint>

#include "engine/http/http_client.h"

namespace engine::registry {

struct Tuning : HttpTimeouts {
  int attempts = 6;               // of one request or blob in a row that brought nothing
  int64_t first_pause_ms = 1000;  // doubles with each attempt
  int64_t longest_pause_ms = 30'000;
  int layers_at_once = 3;
};

}  // namespace engine::registry
