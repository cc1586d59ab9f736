#pragma once
// SIGINT, SIGTERM and SIGHUP as cancellations. While an object lives, the signals are blocked in the thread
// that made it and in threads made after, and a thread of its own takes them with sigwait(3).
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include <signal.h>

#include "compose/execute/executor.h"

namespace compose::cli {

class Signals {
 public:
  Signals();   // throws sys::Error
  ~Signals();  // the former signal mask comes back
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Set by the first signal; by the second one. A third ends the program with exit code 130.
  const Cancellation& first() const { return first_; }
  const Cancellation& second() const { return second_; }
  // From now on signals, SIGQUIT, SIGUSR1 and SIGUSR2 too, go to `sink`, which is called on the thread of
  // this object and must not throw. To be called from the thread that made it.
  void forward(std::function<void(int)> sink);
  // For who must end work without a signal.
  void cancel_first() { first_.cancel(); }

 private:
  void take();

  sigset_t set_{}, more_{}, former_{};
  Cancellation first_, second_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::function<void(int)> sink_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace compose::cli
