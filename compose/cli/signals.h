#pragma once
// SIGINT, SIGTERM and SIGHUP as cancellations. While an object lives, the signals are blocked in the thread
// that made it and in threads made after, and a thread of its own takes them with sigwait(3).
#include <atomic>
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
  // For who must end work without a signal.
  void cancel_first() { first_.cancel(); }

 private:
  void take();

  sigset_t set_{}, former_{};
  Cancellation first_, second_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace compose::cli
