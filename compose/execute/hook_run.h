#pragma once
// Runs the hooks of a service (plan/hooks.h) in one of its containers.
#include <functional>

#include "compose/plan/plan.h"
#include "engine/engine.h"

namespace compose {

// Runs it to its end and returns its exit code. `output` gets each line it writes, from the calling thread;
// `cancel`: descriptor, when it becomes readable the hook is left to go on by itself; -1: none. Throws
// engine::Error: kConflict when the container does not run, kNotFound when it is gone.
int run_hook(engine::Engine& engine, const std::string& container, const Hook& hook, int cancel,
             const std::function<void(const std::string& line)>& output);
// "Container demo-web-1: post_start hook exited with status 3: sh".
std::string hook_failure(const std::string& resource, const std::string& turn, const Hook& hook, int code);

}  // namespace compose
