#include "engine/container/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "sys/error.h"

namespace engine {

namespace {

std::atomic<int> resize_pipe{-1};
struct sigaction resize_before {};

void on_resize(int) {
  const int error = errno;
  if (::write(resize_pipe.load(), "", 1) < 0) {
    // Full: a resize is pending already.
  }
  errno = error;
}

}  // namespace

RawTerminal::RawTerminal(int fd) : fd_(fd) {
  termios settings{};
  if (::tcgetattr(fd, &settings) != 0) return;
  before_ = settings;
  ::cfmakeraw(&settings);
  sys::check(::tcsetattr(fd, TCSANOW, &settings), "tcsetattr");
}

RawTerminal::~RawTerminal() {
  if (before_) ::tcsetattr(fd_, TCSANOW, &*before_);
}

ResizeSignal::ResizeSignal() : pipe_(sys::pipe()) {
  sys::check(::fcntl(pipe_.write.get(), F_SETFL, O_NONBLOCK), "fcntl", "O_NONBLOCK");
  resize_pipe = pipe_.write.get();
  struct sigaction action {};
  action.sa_handler = on_resize;
  action.sa_flags = SA_RESTART;
  sys::check(::sigaction(SIGWINCH, &action, &resize_before), "sigaction", "SIGWINCH");
}

ResizeSignal::~ResizeSignal() {
  ::sigaction(SIGWINCH, &resize_before, nullptr);
}

void ResizeSignal::take() {
  char buffer[64];
  if (::read(pipe_.read.get(), buffer, sizeof buffer) < 0) sys::fail("read", "SIGWINCH");
}

winsize own_terminal_size() {
  winsize size{};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0) size = {};
  return size;
}

void copy_size(int master, unsigned short more_rows) {
  winsize size = own_terminal_size();
  if (size.ws_row == 0 && size.ws_col == 0) return;
  size.ws_row = static_cast<unsigned short>(size.ws_row + more_rows);
  ::ioctl(master, TIOCSWINSZ, &size);
}

}  // namespace engine
