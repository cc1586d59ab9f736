#pragma once
// One at a time does what a key names; who comes meanwhile waits, and then finds it in the cache.
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>

namespace engine::build {

// Thread-safe. Outlives its passes.
class StepGate {
 public:
  class Pass {
   public:
    Pass(StepGate& gate, std::string key) : gate_(&gate), key_(std::move(key)) {}
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    StepGate* gate_;
    std::string key_;
  };

  // Waits until nobody else holds `key`. `stop` is asked ten times a second and ends the wait by throwing.
  Pass enter(const std::string& key, const std::function<void()>& stop);

 private:
  void leave(const std::string& key);

  std::mutex mutex_;
  std::condition_variable left_;
  std::set<std::string> held_;
};

}  // namespace engine::build
