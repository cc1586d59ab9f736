#include "compose/cli/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <initializer_list>
#include <mutex>
#include <thread>

#include "compose/ui/key_terminal.h"
#include "sys/error.h"

namespace compose::cli {

namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

sigset_t always_heard() {
  return set_of({SIGINT, SIGTERM, SIGHUP});
}
sigset_t heard_when_forwarded() {
  return set_of({SIGQUIT, SIGUSR1, SIGUSR2});
}

void block(const sigset_t& set, sigset_t* former) {
  const int error = ::pthread_sigmask(SIG_BLOCK, &set, former);
  if (error != 0) throw sys::Error(error, "pthread_sigmask", "");
}

}  // namespace

// The thread that waits for signals, for one object after another. It ends with the program: to wait for its
// end would take a command half a millisecond at its own. While there is no object signals have their usual
// effect, as the kernel prefers the thread that has them unblocked.
class SignalThread {
 public:
  static SignalThread& get() {
    static auto* const thread = new SignalThread;
    return *thread;
  }
  void serve(Signals* signals) {
    const std::scoped_lock lock(mutex_);
    signals_ = signals;
  }
  std::mutex& mutex() { return mutex_; }

 private:
  SignalThread() {
    std::thread([this] { run(); }).detach();
  }

  [[noreturn]] void run() {
    sigset_t heard;
    const sigset_t always = always_heard(), forwarded = heard_when_forwarded();
    sigorset(&heard, &always, &forwarded);
    // The latter have their usual effect, by way of the other threads, until they are forwarded.
    ::pthread_sigmask(SIG_BLOCK, &heard, nullptr);
    for (;;) {
      int signal = 0;
      if (::sigwait(&heard, &signal) != 0) continue;
      const std::scoped_lock lock(mutex_);
      if (signals_ != nullptr) signals_->take(signal);
    }
  }

  std::mutex mutex_;
  Signals* signals_ = nullptr;  // guarded by mutex_
};

Signals::Signals() {
  block(always_heard(), &former_);
  SignalThread::get().serve(this);
}

void Signals::take(int signal) {
  if (sink_) {
    sink_(signal);
  } else if (!first_.cancelled()) {
    first_.cancel();
  } else if (!second_.cancelled()) {
    second_.cancel();
  } else {
    ui::restore_terminal();
    ::_exit(130);
  }
}

void Signals::forward(std::function<void(int)> sink) {
  block(heard_when_forwarded(), nullptr);
  const std::scoped_lock lock(SignalThread::get().mutex());
  sink_ = std::move(sink);
}

Signals::~Signals() {
  SignalThread::get().serve(nullptr);
  ::pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

}  // namespace compose::cli
