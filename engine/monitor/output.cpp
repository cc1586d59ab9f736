#include "engine/monitor/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "engine/container/run_files.h"
#include "sys/error.h"

namespace monitor {

namespace {

constexpr int kReadsPerDrain = 16;

}  // namespace

sys::Fd open_fifo(const std::string& path, int flags) {
  if (::mkfifo(path.c_str(), 0600) != 0 && errno != EEXIST) sys::fail("mkfifo", path);
  return sys::open(path, O_RDWR | flags);
}

Output::Output(const engine::Spec& spec)
    : stdout_(open_fifo(engine::stdout_fifo(spec.run_dir), 0)),
      stderr_(open_fifo(engine::stderr_fifo(spec.run_dir), 0)),
      stdout_reader_(open_fifo(engine::stdout_fifo(spec.run_dir), O_NONBLOCK)),
      stderr_reader_(open_fifo(engine::stderr_fifo(spec.run_dir), O_NONBLOCK)),
      log_({spec.log_path, spec.log_max_size, spec.log_max_file, spec.log_compress, spec.log_attrs}) {}

void Output::copy_to(OutputCopy out, OutputCopy err) {
  copies_[0] = std::move(out);
  copies_[1] = std::move(err);
}

void Output::flush_copies() {
  for (OutputCopy& copy : copies_) copy.flush();
}

bool Output::drain(int fd, engine::JsonLog::Stream stream, OutputCopy& copy) {
  char buffer[8192];
  for (int i = 0; i < kReadsPerDrain; ++i) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    const std::string_view bytes(buffer, static_cast<size_t>(n));
    log_.write(stream, bytes);
    copy.put(bytes);
    if (copy.waiting() && !ending_) return false;
  }
  return true;
}

bool Output::drain() {
  using Stream = engine::JsonLog::Stream;
  const auto held_up = [this](const OutputCopy& copy) { return copy.waiting() && !ending_; };
  const bool more_out = !held_up(copies_[0]) && drain(stdout_reader_.get(), Stream::kStdout, copies_[0]);
  const bool more_err = !held_up(copies_[1]) && drain(stderr_reader_.get(), Stream::kStderr, copies_[1]);
  if (told_lost_ == 0) tell_lost();
  return more_out || more_err;
}

void Output::tell_lost() {
  if (log_.lost() == told_lost_) return;
  told_lost_ = log_.lost();
  std::fprintf(stderr, "%lld lines of output could not be written to the log\n",
               static_cast<long long>(told_lost_));
}

void Output::finish(int writer) {
  ending_ = true;  // the container writes no more: what is left is little, and is not waited for
  // The pump may have to wait for us to read before it can end.
  pollfd fds[2] = {{writer, POLLIN, 0}, {stdout_reader_.get(), POLLIN, 0}};
  while (writer >= 0 && fds[0].revents == 0) {
    if (::poll(fds, 2, -1) < 0 && errno != EINTR) sys::fail("poll");
    drain();
  }
  while (drain()) continue;
  ending_ = false;
  log_.flush();
  for (OutputCopy& copy : copies_) copy.end();
  tell_lost();
}

sys::Fd start_console_pump(const engine::Launched& container, int stdout_fifo) {
  const pid_t pid = sys::check(::fork(), "fork");
  if (pid != 0) return sys::Fd(static_cast<int>(sys::check(::syscall(SYS_pidfd_open, pid, 0), "pidfd_open")));

  ::prctl(PR_SET_NAME, "compose-console");
  constexpr int kMaster = 3, kContainer = 4;
  // Nothing but what it needs, above all not the keeper's lock: it would hold that after the monitor's death.
  const int held[3] = {::fcntl(container.console.get(), F_DUPFD, 64),
                       ::fcntl(container.pidfd.get(), F_DUPFD, 64), ::fcntl(stdout_fifo, F_DUPFD, 64)};
  if (::dup2(held[2], 1) < 0 || ::dup2(held[0], kMaster) < 0 || ::dup2(held[1], kContainer) < 0) ::_exit(1);
  ::syscall(SYS_close_range, 5U, ~0U, 0U);
  char buffer[4096];
  for (;;) {
    // Asked first, as a read may or may not wait: who is attached shares the master and sets what it likes.
    pollfd fds[2] = {{kMaster, POLLIN, 0}, {kContainer, POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0) continue;
    const ssize_t n = (fds[0].revents & POLLIN) != 0 ? ::read(kMaster, buffer, sizeof buffer) : 0;
    for (ssize_t done = 0; done < n;) {
      const ssize_t written = ::write(1, buffer + done, static_cast<size_t>(n - done));
      if (written > 0) done += written;
    }
    if (n > 0) continue;
    if (fds[1].revents != 0) ::_exit(0);
    // Nobody has the terminal open now. As long as the container lives somebody may again.
    if ((fds[0].revents & POLLHUP) != 0) ::poll(&fds[1], 1, 200);
  }
}

}  // namespace monitor
