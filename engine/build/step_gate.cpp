#include "engine/build/step_gate.h"

#include <chrono>

namespace engine::build {

StepGate::Pass::~Pass() {
  gate_->leave(key_);
}

StepGate::Pass StepGate::enter(const std::string& key, const std::function<void()>& stop) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (held_.contains(key)) {
    left_.wait_for(lock, std::chrono::milliseconds(100));
    stop();
  }
  held_.insert(key);
  return {*this, key};
}

void StepGate::leave(const std::string& key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  held_.erase(key);
  left_.notify_all();
}

}  // namespace engine::build
