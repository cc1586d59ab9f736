#pragma once
// SIGINT, SIGTERM and SIGHUP as cancellations. While an object lives, the signals are blocked in the thread
// that made it and in threads made after, and a thread for that takes them with sigwait(3). One at a time.
#include <signal.h>

#include <functional>

#include "compose/execute/executor.h"

namespace compose::cli {

class Signals {
 public:
  Signals();   // throws sys::Error
  ~Signals();  // the former signal mask comes back; the sink is not called any more
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Set by the first signal; by the second one. A third ends the program with exit code 130.
  const Cancellation& first() const { return first_; }
  const Cancellation& second() const { return second_; }
  // From now on signals, SIGQUIT, SIGUSR1 and SIGUSR2 too, go to `sink`, which is called on that
  // thread and must not throw. To be called from the thread that made it.
  void forward(std::function<void(int)> sink);
  // For who must end work without a signal.
  void cancel_first() { first_.cancel(); }

 private:
  friend class SignalThread;
  void take(int signal);

  sigset_t former_{};
  Cancellation first_, second_;
  std::function<void(int)> sink_;  // guarded by the thread's mutex
};

}  // namespace compose::cli
