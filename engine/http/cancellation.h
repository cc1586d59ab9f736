#pragma once
// Whether a transfer is to end early: the user wants it, or another part of it has failed. Thread-safe.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

namespace engine {

class Cancellation {
 public:
  // `asked`: whether the user wants it; any thread. Empty: never.
  explicit Cancellation(std::function<bool()> asked = {}) : asked_(std::move(asked)) {}

  // Ends the waits of all threads.
  void stop();
  bool stopped() const { return stopped_.load() || (asked_ && asked_()); }
  // Throws engine::Error(kUnavailable) "`what` was cancelled" when stopped.
  void check(const std::string& what) const;
  // Waits; false, and soon, when stopped.
  bool wait(std::chrono::milliseconds duration);

 private:
  std::function<bool()> asked_;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace engine
