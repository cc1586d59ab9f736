#include "compose/cli/signals.h"

#include <pthread.h>
#include <unistd.h>

#include "sys/error.h"

namespace compose::cli {

Signals::Signals() {
  sigemptyset(&set_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
  const int error = ::pthread_sigmask(SIG_BLOCK, &set_, &former_);
  if (error != 0) throw sys::Error(error, "pthread_sigmask", "");
  thread_ = std::thread([this] { take(); });
}

void Signals::take() {
  for (;;) {
    int signal = 0;
    if (::sigwait(&set_, &signal) != 0) continue;
    if (stopping_) return;
    if (!first_.cancelled()) {
      first_.cancel();
    } else if (!second_.cancelled()) {
      second_.cancel();
    } else {
      ::_exit(130);
    }
  }
}

Signals::~Signals() {
  stopping_ = true;
  // The thread has it blocked and takes it with sigwait.
  ::pthread_kill(thread_.native_handle(), SIGTERM);  // NOLINT(bugprone-bad-signal-to-kill-thread)
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

}  // namespace compose::cli
