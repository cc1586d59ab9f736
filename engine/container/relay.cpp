#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/container/attached.h"
#include "engine/container/detach_keys.h"
#include "engine/container/message.h"
#include "engine/container/monitor_process.h"
#include "engine/container/run_files.h"
#include "engine/container/terminal.h"
#include "sys/error.h"

namespace engine {

namespace {

constexpr size_t kPiece = 65536;
constexpr size_t kRoom = 1 << 20;  // what a pipe of ours holds at most

void make_non_blocking(int fd) {
  const int flags = sys::check(::fcntl(fd, F_GETFL), "fcntl", "F_GETFL");
  sys::check(::fcntl(fd, F_SETFL, flags | O_NONBLOCK), "fcntl", "O_NONBLOCK");
}

// Every full pipe is a change from one program to another, and of those most of the time would be made: a
// pipe of our caller's takes as much as ours do. Where it is none, or may not, it stays as it is.
void widen(int fd) {
  const int size = ::fcntl(fd, F_GETPIPE_SZ);
  if (size > 0 && size < static_cast<int>(kRoom)) ::fcntl(fd, F_SETPIPE_SZ, kRoom);
}

// The caller's input on its way to the program. A program that reads slowly must not keep us from showing
// what it writes, or both would wait for each other: what it does not take is kept, and no more is read until
// it is gone.
class Input {
 public:
  // A terminal's end of input is a character, as ^D at a keyboard is; a pipe is closed.
  Input(bool terminal, const std::string& detach_keys)
      : terminal_(terminal), keys_(terminal ? detach_keys : std::string()) {}

  bool waiting() const { return !pending_.empty(); }
  bool ended() const { return ended_; }
  bool detached() const { return detached_; }
  // What to poll for reading; -1: nothing is to be read now.
  int fd() const { return waiting() || full_ || ended_ ? -1 : STDIN_FILENO; }
  // The program's end has no room, though nothing is kept here.
  bool full() const { return full_; }
  void has_room() { full_ = false; }

  // Once there is something to be read.
  void read(std::span<char> buffer, int program) {
    if (!terminal_ && spliced_ && program >= 0) {
      const ssize_t moved = ::splice(STDIN_FILENO, nullptr, program, nullptr, kRoom, SPLICE_F_NONBLOCK);
      ended_ = moved == 0;
      full_ = moved < 0 && errno == EAGAIN;
      if (moved >= 0 || full_ || errno == EINTR) return;
      spliced_ = false;  // what is read here, or its reader having gone, is for read and write to tell
    }
    const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    ended_ = n <= 0;
    if (!ended_) detached_ = keys_.take({buffer.data(), static_cast<size_t>(n)}, pending_);
    if (!ended_ || !terminal_) return;
    keys_.finish(pending_);
    pending_ += '\4';
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
  DetachKeys keys_;
  std::string pending_;
  bool ended_ = false, detached_ = false, full_ = false;
  bool spliced_ = true;  // moved from file to pipe by the kernel, as long as that works
};

// `relay`, a step at a time.
class Relay {
 public:
  Relay(Attached attached, const RelayOptions& options)
      : streams_(std::move(attached)),
        input_(streams_.terminal, options.detach_keys),
        cancel_(options.cancel),
        output_(options.output),
        lasting_(options.lasting),
        room_(std::make_unique_for_overwrite<char[]>(kPiece)),
        buffer_(room_.get(), kPiece) {
    if (streams_.input) make_non_blocking(streams_.input.get());
    if (!streams_.takes_input) input_.end();
    if (!streams_.terminal) {
      if (streams_.takes_input) widen(STDIN_FILENO);
      if (splices(STDOUT_FILENO)) widen(STDOUT_FILENO);
      return;
    }
    if (streams_.takes_input) raw_.emplace(STDIN_FILENO);
    resized_.emplace();
    if (!streams_.input) return;
    if (streams_.came_later) copy_size(streams_.input.get(), 1);
    copy_size(streams_.input.get());
  }

  RelayEnd run() {
    while (!over_ && (streams_.output || streams_.error || streams_.report)) step();
    return std::move(end_);
  }

 private:
  void step() {
    pollfd fds[] = {{input_.fd(), POLLIN, 0},
                    {to_program(), static_cast<short>(input_.waiting() || input_.full() ? POLLOUT : 0), 0},
                    {streams_.output.get(), POLLIN, 0},
                    {streams_.error.get(), POLLIN, 0},
                    {streams_.report.get(), POLLIN, 0},
                    {resized_ ? resized_->fd() : -1, POLLIN, 0},
                    {cancel_, POLLIN, 0}};
    const int ready = ::poll(fds, std::size(fds), lasting_ ? static_cast<int>(kLastingMs) : -1);
    if (ready < 0) {
      if (errno == EINTR) return;
      sys::fail("poll");
    }
    if (lasting_ && (ready == 0 || monotonic_ms() - begun_ms_ >= kLastingMs))
      std::exchange(lasting_, nullptr)();
    if (fds[5].revents != 0) {
      resized_->take();
      copy_size(streams_.input.get());
    }
    if (fds[2].revents != 0) show(streams_.output, STDOUT_FILENO);
    if (fds[3].revents != 0) show(streams_.error, STDERR_FILENO);
    if (fds[1].revents != 0) input_.has_room();
    if (fds[0].revents != 0) input_.read(buffer_, streams_.input.get());
    if (fds[1].revents != 0 || input_.waiting()) give_input(fds[1].revents);
    if (input_.ended() && !input_.waiting() && !streams_.terminal) streams_.input.reset();
    if (fds[4].revents != 0) hear();
    if (streams_.about_to_end && streams_.report && !streams_.output && !streams_.error)
      std::exchange(streams_.about_to_end, nullptr)();
    if (input_.detached()) leave(RelayEnd::How::kDetached);
    if (fds[6].revents != 0) leave(RelayEnd::How::kCancelled);
  }

  // Shows what the program wrote, once; closes the stream at its end.
  void show(sys::Fd& from, int to) {
    if (splices(to)) {
      const ssize_t moved = ::splice(from.get(), nullptr, to, nullptr, kRoom, SPLICE_F_MOVE);
      if (moved == 0) from.reset();
      if (moved >= 0 || errno == EINTR) return;
      copies_[to == STDERR_FILENO ? 1 : 0] = true;  // a terminal, a file that is appended to: by hand, then
    }
    const ssize_t n = ::read(from.get(), buffer_.data(), buffer_.size());
    if (n > 0 && !write_out(to, static_cast<size_t>(n))) from.reset();
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) from.reset();
  }

  bool splices(int to) const {
    return !streams_.terminal && !output_ && !copies_[to == STDERR_FILENO ? 1 : 0];
  }

  // False when our own reader has gone and the program is to see that, as in a shell's pipeline.
  bool write_out(int to, size_t size) {
    if (output_) {
      output_({buffer_.data(), size});
      return true;
    }
    try {
      sys::write_all(to, buffer_.data(), size);
    } catch (const sys::Error& error) {
      if (error.code() != EPIPE || !streams_.ends_with_report) throw;
      if (streams_.report) send_message(streams_.report.get(), kHangUpMessage);
      return false;
    }
    return true;
  }

  // What is there now.
  void show_rest(sys::Fd& from, int to) {
    pollfd rest{from.get(), POLLIN, 0};
    while (from && ::poll(&rest, 1, 0) > 0) show(from, to);
    from.reset();
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
      if (code >= 0) end_ = {RelayEnd::How::kEnded, code, std::move(streams_.report)};
      if (message->text == kTooSlowMessage) leave(RelayEnd::How::kTooSlow);
    }
    streams_.report.reset();
    if (!streams_.ends_with_report) return;
    show_rest(streams_.output, STDOUT_FILENO);
    show_rest(streams_.error, STDERR_FILENO);
  }

  void leave(RelayEnd::How how) {
    if (end_.how == RelayEnd::How::kEnded) return;
    end_.how = how;
    over_ = true;
  }

  Attached streams_;
  Input input_;
  int cancel_;
  std::function<void(std::string_view)> output_;
  std::function<void()> lasting_;
  int64_t begun_ms_ = monotonic_ms();
  std::unique_ptr<char[]> room_;  // only what comes is ever touched
  std::span<char> buffer_;
  std::optional<RawTerminal> raw_;
  std::optional<ResizeSignal> resized_;
  RelayEnd end_;
  bool over_ = false;
  bool copies_[2] = {false, false};  // stdout, stderr: the kernel cannot move bytes to them by itself
};

}  // namespace

AttachRequest with_own_size(AttachRequest request) {
  const winsize size = own_terminal_size();
  request.rows = size.ws_row;
  request.columns = size.ws_col;
  return request;
}

void spare_tidying(const RelayEnd& end) {
  if (end.report) send_message(end.report.get(), kTidiedMessage);
}

RelayEnd relay(Attached attached, const RelayOptions& options) {
  return Relay(std::move(attached), options).run();
}

}  // namespace engine
