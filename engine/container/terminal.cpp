#include "engine/container/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "engine/container/message.h"
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

void copy_size(int master) {
  winsize size{};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) ::ioctl(master, TIOCSWINSZ, &size);
}

// Shows what the program wrote. False at the end: nobody has the terminal open any more.
bool show(int master) {
  char buffer[8192];
  const ssize_t n = ::read(master, buffer, sizeof buffer);
  if (n > 0) sys::write_all(STDOUT_FILENO, buffer, static_cast<size_t>(n));
  return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

// The caller's input on its way to the program. A program that reads slowly must not keep us from showing
// what it writes, or both would wait for each other: what the terminal does not take is kept, and no more is
// read until it is gone.
class Input {
 public:
  bool waiting() const { return !pending_.empty(); }
  bool ended() const { return ended_; }

  // Reads once; the end becomes what ^D at a keyboard is.
  void read() {
    char buffer[4096];
    const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    ended_ = n <= 0;
    pending_ = ended_ ? std::string(1, '\4') : std::string(buffer, static_cast<size_t>(n));
  }
  void write_to(int master) {
    const ssize_t n = ::write(master, pending_.data(), pending_.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n <= 0) return drop();
    pending_.erase(0, static_cast<size_t>(n));
  }
  // Nobody is there to take it.
  void drop() { pending_.clear(); }

 private:
  std::string pending_;
  bool ended_ = false;
};

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

std::string relay_terminal(int master, int report) {
  const RawTerminal raw(STDIN_FILENO);
  ResizeSignal resized;
  copy_size(master);
  const int flags = sys::check(::fcntl(master, F_GETFL), "fcntl", "F_GETFL");
  sys::check(::fcntl(master, F_SETFL, flags | O_NONBLOCK), "fcntl", "O_NONBLOCK");
  Input input;
  pollfd fds[4] = {
      {STDIN_FILENO, POLLIN, 0}, {master, POLLIN, 0}, {report, POLLIN, 0}, {resized.fd(), POLLIN, 0}};
  for (;;) {
    fds[0].fd = input.waiting() || input.ended() ? -1 : STDIN_FILENO;
    fds[1].events = static_cast<short>(input.waiting() ? POLLIN | POLLOUT : POLLIN);
    if (::poll(fds, 4, -1) < 0) {
      if (errno == EINTR) continue;
      sys::fail("poll");
    }
    if (fds[3].revents != 0) {
      resized.take();
      copy_size(master);
    }
    if ((fds[1].revents & ~POLLOUT) != 0 && !show(master)) fds[1].fd = -1;
    if (fds[0].revents != 0) input.read();
    if (fds[1].fd < 0) input.drop();
    if (input.waiting()) input.write_to(master);
    if (fds[2].revents == 0) continue;
    // A program left in the background may keep the terminal open, so only what is there now is shown.
    pollfd rest{master, POLLIN, 0};
    while (::poll(&rest, 1, 0) > 0 && show(master)) continue;
    const auto message = receive_message(report);
    return message ? message->text : std::string();
  }
}

}  // namespace engine
