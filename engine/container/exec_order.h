#pragma once
// What compose hands to `compose-monitor exec`.
#include <string>

#include "engine/container/runtime.h"

namespace engine {

struct ExecOrder {
  Spec spec;
  sys::ProcessId container;
  std::vector<std::string> args, env;
  std::string working_dir, user;
  bool tty = false, detach = false, privileged = false;
};

std::string to_json(const ExecOrder& order);
ExecOrder exec_order_from_json(const std::string& text);  // throws engine::Error(kInvalid)

}  // namespace engine
