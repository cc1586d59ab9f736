#pragma once
// Between the threads of a transfer and its observer: one call at a time, bytes not too often.
#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "engine/registry/transfer.h"

namespace engine::registry {

// Thread-safe.
class EventRelay {
 public:
  explicit EventRelay(TransferObserver& observer) : observer_(observer) {}

  void state(const std::string& id, LayerEvent::State state, const std::string& detail = {});
  void retrying(const std::string& id, int seconds, const std::string& why);
  void bytes(const std::string& id, LayerEvent::State state, int64_t done, int64_t total);
  void status(const std::string& line);
  void warning(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;
  void tell(const LayerEvent& event);

  TransferObserver& observer_;
  std::mutex mutex_;
  std::map<std::string, Clock::time_point> told_;  // bytes of each layer, last
};

}  // namespace engine::registry
