#include "compose/ui/key_terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "sys/error.h"

namespace compose::ui {
namespace {

// By these a program dies of its own mistake; SIGQUIT is Ctrl-\.
constexpr std::array kFatal{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGQUIT};
constexpr std::array kJob{SIGTSTP, SIGCONT};

// What handlers need. Written before they are in force.
std::atomic<int> terminal{-1};
std::atomic<int> resumed_pipe{-1};
termios modes_before{}, modes_of_keys{};
std::array<struct sigaction, kFatal.size()> fatal_before{};
std::array<struct sigaction, kJob.size()> job_before{};

bool in_foreground(int fd) {
  return ::tcgetpgrp(fd) == ::getpgrp();
}

void die(int signal) {
  restore_terminal();
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  ::sigaction(signal, &usual, nullptr);
  ::raise(signal);  // held back until the handler returns
}

void stop(int) {
  const int error = errno;
  const int fd = terminal;
  if (fd >= 0 && in_foreground(fd)) {
    restore_terminal();
    // The shell's words are not to be mixed with the line at the bottom.
    if (::write(STDOUT_FILENO, "\r\x1b[J", 4) < 0) errno = 0;
  }
  struct sigaction usual {
  }, ours{};
  usual.sa_handler = SIG_DFL;
  ::sigaction(SIGTSTP, &usual, &ours);
  sigset_t set, former;
  sigemptyset(&set);
  sigaddset(&set, SIGTSTP);
  ::raise(SIGTSTP);
  ::pthread_sigmask(SIG_UNBLOCK, &set, &former);  // it stops here
  ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
  ::sigaction(SIGTSTP, &ours, nullptr);
  errno = error;
}

void go_on(int) {
  const int error = errno;
  const int fd = terminal;
  // In the background the terminal is somebody else's; the next SIGCONT comes with the foreground.
  if (fd >= 0 && in_foreground(fd)) {
    ::tcsetattr(fd, TCSADRAIN, &modes_of_keys);
    if (::write(resumed_pipe, "", 1) < 0) errno = 0;  // full: it is known already
  }
  errno = error;
}

void handle(int signal, void (*handler)(int), struct sigaction& before) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sys::check(::sigaction(signal, &action, &before), "sigaction");
}

}  // namespace

void restore_terminal() noexcept {
  const int fd = terminal;
  if (fd >= 0) ::tcsetattr(fd, TCSADRAIN, &modes_before);
}

KeyTerminal::KeyTerminal(int fd) : fd_(fd), resumed_(sys::pipe()) {
  sys::check(::fcntl(resumed_.write.get(), F_SETFL, O_NONBLOCK), "fcntl", "O_NONBLOCK");
  sys::check(::fcntl(resumed_.read.get(), F_SETFL, O_NONBLOCK), "fcntl", "O_NONBLOCK");
  sys::check(::tcgetattr(fd, &modes_before), "tcgetattr");
  modes_of_keys = modes_before;
  modes_of_keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  modes_of_keys.c_cc[VMIN] = 1;
  modes_of_keys.c_cc[VTIME] = 0;
  resumed_pipe = resumed_.write.get();
  for (size_t i = 0; i < kFatal.size(); ++i) handle(kFatal[i], die, fatal_before[i]);
  handle(SIGTSTP, stop, job_before[0]);
  handle(SIGCONT, go_on, job_before[1]);
  terminal = fd;
  if (in_foreground(fd)) ::tcsetattr(fd, TCSADRAIN, &modes_of_keys);
}

KeyTerminal::~KeyTerminal() {
  if (in_foreground(fd_)) restore_terminal();
  terminal = -1;
  for (size_t i = 0; i < kFatal.size(); ++i) ::sigaction(kFatal[i], &fatal_before[i], nullptr);
  for (size_t i = 0; i < kJob.size(); ++i) ::sigaction(kJob[i], &job_before[i], nullptr);
}

bool KeyTerminal::read(std::string& keys) const {
  keys.clear();
  if (!in_foreground(fd_)) return true;  // to read would stop us
  pollfd ready{fd_, POLLIN, 0};
  if (::poll(&ready, 1, 0) <= 0) return true;
  char buffer[64];
  const ssize_t n = ::read(fd_, buffer, sizeof buffer);
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  keys.assign(buffer, static_cast<size_t>(n));
  return n > 0;
}

void KeyTerminal::take_resumed() const {
  char buffer[16];
  while (::read(resumed_.read.get(), buffer, sizeof buffer) > 0) continue;
}

}  // namespace compose::ui
