#include "engine/container/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "engine/container/attached.h"
#include "engine/container/message.h"
#include "engine/container/monitor_process.h"
#include "engine/container/terminal.h"
#include "sys/error.h"

namespace engine {

namespace {

// Shows what the program wrote. False at the end.
bool show(int from, int to) {
  char buffer[16384];
  const ssize_t n = ::read(from, buffer, sizeof buffer);
  if (n > 0) sys::write_all(to, buffer, static_cast<size_t>(n));
  return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

void make_non_blocking(int fd) {
  const int flags = sys::check(::fcntl(fd, F_GETFL), "fcntl", "F_GETFL");
  sys::check(::fcntl(fd, F_SETFL, flags | O_NONBLOCK), "fcntl", "O_NONBLOCK");
}

// The caller's input on its way to the program. A program that reads slowly must not keep us from showing
// what it writes, or both would wait for each other: what it does not take is kept, and no more is read until
// it is gone.
class Input {
 public:
  // A terminal's end of input is a character, as ^D at a keyboard is; a pipe is closed.
  explicit Input(bool terminal) : terminal_(terminal) {}

  bool waiting() const { return !pending_.empty(); }
  bool ended() const { return ended_; }
  // What to poll for reading; -1: nothing is to be read now.
  int fd() const { return waiting() || ended_ ? -1 : STDIN_FILENO; }

  void read() {
    char buffer[16384];
    const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    ended_ = n <= 0;
    if (!ended_) pending_.assign(buffer, static_cast<size_t>(n));
    if (ended_ && terminal_) pending_ = '\4';
  }
  // False when nobody is there to take it.
  bool write_to(int fd) {
    const ssize_t n = ::write(fd, pending_.data(), pending_.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (n <= 0) return false;
    pending_.erase(0, static_cast<size_t>(n));
    return true;
  }
  void drop() { pending_.clear(); }
  void end() {
    pending_.clear();
    ended_ = true;
  }

 private:
  bool terminal_;
  std::string pending_;
  bool ended_ = false;
};

// `relay`, a step at a time.
class Relay {
 public:
  explicit Relay(Attached attached) : streams_(std::move(attached)), input_(streams_.terminal) {
    if (streams_.input) make_non_blocking(streams_.input.get());
    if (!streams_.takes_input) input_.end();
    if (!streams_.terminal) return;
    if (streams_.takes_input) raw_.emplace(STDIN_FILENO);
    resized_.emplace();
    copy_size(streams_.input.get());
  }

  std::optional<int> run() {
    while (streams_.output || streams_.error || streams_.report) step();
    return exit_code_;
  }

 private:
  void step() {
    pollfd fds[] = {{input_.fd(), POLLIN, 0},
                    {to_program(), static_cast<short>(input_.waiting() ? POLLOUT : 0), 0},
                    {streams_.output.get(), POLLIN, 0},
                    {streams_.error.get(), POLLIN, 0},
                    {streams_.report.get(), POLLIN, 0},
                    {resized_ ? resized_->fd() : -1, POLLIN, 0}};
    if (::poll(fds, std::size(fds), -1) < 0) {
      if (errno == EINTR) return;
      sys::fail("poll");
    }
    if (fds[5].revents != 0) {
      resized_->take();
      copy_size(streams_.input.get());
    }
    if (fds[2].revents != 0 && !show(streams_.output.get(), STDOUT_FILENO)) streams_.output.reset();
    if (fds[3].revents != 0 && !show(streams_.error.get(), STDERR_FILENO)) streams_.error.reset();
    if (fds[0].revents != 0) input_.read();
    if (fds[1].revents != 0 || input_.waiting()) give_input(fds[1].revents);
    if (input_.ended() && !input_.waiting() && !streams_.terminal) streams_.input.reset();
    if (fds[4].revents != 0) hear();
  }

  // A pipe is polled all the time, to learn that nobody reads it any more. A terminal hangs up whenever no
  // program has it open, which may be for a moment only.
  int to_program() const { return streams_.terminal && !input_.waiting() ? -1 : streams_.input.get(); }

  void give_input(short events) {
    const bool open = streams_.input && (events & POLLERR) == 0;
    if (open && (!input_.waiting() || input_.write_to(streams_.input.get()))) return;
    if (streams_.terminal) {
      input_.drop();
    } else {
      input_.end();
    }
  }

  void hear() {
    if (const auto message = receive_message(streams_.report.get())) {
      const int code = exit_code_from(message->text);
      if (code >= 0) exit_code_ = code;
    }
    streams_.report.reset();
  }

  Attached streams_;
  Input input_;
  std::optional<RawTerminal> raw_;
  std::optional<ResizeSignal> resized_;
  std::optional<int> exit_code_;
};

}  // namespace

AttachRequest with_own_size(AttachRequest request) {
  const winsize size = own_terminal_size();
  request.rows = size.ws_row;
  request.columns = size.ws_col;
  return request;
}

std::optional<int> relay(Attached attached) {
  return Relay(std::move(attached)).run();
}

std::string relay_terminal(int master, int report) {
  const RawTerminal raw(STDIN_FILENO);
  ResizeSignal resized;
  copy_size(master);
  make_non_blocking(master);
  Input input(true);
  pollfd fds[4] = {
      {STDIN_FILENO, POLLIN, 0}, {master, POLLIN, 0}, {report, POLLIN, 0}, {resized.fd(), POLLIN, 0}};
  for (;;) {
    fds[0].fd = input.fd();
    fds[1].events = static_cast<short>(input.waiting() ? POLLIN | POLLOUT : POLLIN);
    if (::poll(fds, 4, -1) < 0) {
      if (errno == EINTR) continue;
      sys::fail("poll");
    }
    if (fds[3].revents != 0) {
      resized.take();
      copy_size(master);
    }
    if ((fds[1].revents & ~POLLOUT) != 0 && !show(master, STDOUT_FILENO)) fds[1].fd = -1;
    if (fds[0].revents != 0) input.read();
    if (fds[1].fd < 0) input.drop();
    if (input.waiting() && !input.write_to(master)) input.drop();
    if (fds[2].revents == 0) continue;
    // A program left in the background may keep the terminal open, so only what is there now is shown.
    pollfd rest{master, POLLIN, 0};
    while (::poll(&rest, 1, 0) > 0 && show(master, STDOUT_FILENO)) continue;
    const auto message = receive_message(report);
    return message ? message->text : std::string();
  }
}

}  // namespace engine
