#include "compose/cli/signals.h"

#include <pthread.h>
#include <unistd.h>

#include "compose/ui/key_terminal.h"
#include "sys/error.h"

namespace compose::cli {

Signals::Signals() {
  sigemptyset(&set_);
  sigemptyset(&more_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
  for (const int signal : {SIGQUIT, SIGUSR1, SIGUSR2}) sigaddset(&more_, signal);
  const int error = ::pthread_sigmask(SIG_BLOCK, &set_, &former_);
  if (error != 0) throw sys::Error(error, "pthread_sigmask", "");
  thread_ = std::thread([this] { take(); });
}

void Signals::take() {
  sigset_t heard;
  sigorset(&heard, &set_, &more_);
  // Those in `more_` have their usual effect, by way of the other threads, until they are forwarded.
  ::pthread_sigmask(SIG_BLOCK, &heard, nullptr);
  for (;;) {
    int signal = 0;
    if (::sigwait(&heard, &signal) != 0) continue;
    if (stopping_) return;
    {
      const std::scoped_lock lock(mutex_);
      if (sink_) {
        sink_(signal);
        continue;
      }
    }
    if (!first_.cancelled()) {
      first_.cancel();
    } else if (!second_.cancelled()) {
      second_.cancel();
    } else {
      ui::restore_terminal();
      ::_exit(130);
    }
  }
}

void Signals::forward(std::function<void(int)> sink) {
  const int error = ::pthread_sigmask(SIG_BLOCK, &more_, nullptr);
  if (error != 0) throw sys::Error(error, "pthread_sigmask", "");
  const std::scoped_lock lock(mutex_);
  sink_ = std::move(sink);
}

Signals::~Signals() {
  stopping_ = true;
  // The thread has it blocked and takes it with sigwait.
  ::pthread_kill(thread_.native_handle(), SIGTERM);  // NOLINT(bugprone-bad-signal-to-kill-thread)
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

}  // namespace compose::cli
