#pragma once
// What compose hands to `compose-monitor exec`.
#include <string>

#include "engine/container/runtime.h"

namespace engine {

struct ExecOrder {
  std::string run_dir;  // whose spec.json is the running container's
  sys::ProcessId container;
  std::vector<std::string> args;
  std::vector<std::string> env;    // laid over the container's
  std::string working_dir, user;   // empty: the container's
  uint16_t rows = 0, columns = 0;  // of its terminal
  bool tty = false, detach = false, privileged = false;
};

std::string to_json(const ExecOrder& order);
ExecOrder exec_order_from_json(const std::string& text);  // throws engine::Error(kInvalid)

}  // namespace engine
