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

sys::Fd open_fifo(const std::string& path, int flags) {
  if (::mkfifo(path.c_str(), 0600) != 0 && errno != EEXIST) sys::fail("mkfifo", path);
  return sys::open(path, O_RDWR | flags);
}

}  // namespace

Output::Output(const engine::Spec& spec)
    : stdout_(open_fifo(engine::stdout_fifo(spec.run_dir), 0)),
      stderr_(open_fifo(engine::stderr_fifo(spec.run_dir), 0)),
      stdout_reader_(open_fifo(engine::stdout_fifo(spec.run_dir), O_NONBLOCK)),
      stderr_reader_(open_fifo(engine::stderr_fifo(spec.run_dir), O_NONBLOCK)),
      log_(spec.log_path, spec.log_max_size, spec.log_max_file) {}

bool Output::drain(int fd, engine::JsonLog::Stream stream) {
  char buffer[8192];
  for (int i = 0; i < kReadsPerDrain; ++i) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    log_.write(stream, {buffer, static_cast<size_t>(n)});
  }
  return true;
}

bool Output::drain() {
  const bool more_out = drain(stdout_reader_.get(), engine::JsonLog::Stream::kStdout);
  const bool more_err = drain(stderr_reader_.get(), engine::JsonLog::Stream::kStderr);
  if (told_lost_ == 0) tell_lost();
  return more_out || more_err;
}

void Output::tell_lost() {
  if (log_.lost() == told_lost_) return;
  told_lost_ = log_.lost();
  std::fprintf(stderr, "%lld lines of output could not be written to the log\n",
               static_cast<long long>(told_lost_));
}

void Output::finish() {
  while (drain()) continue;
  log_.flush();
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
    const ssize_t n = ::read(kMaster, buffer, sizeof buffer);
    if (n > 0) {
      for (ssize_t done = 0; done < n;) {
        const ssize_t written = ::write(1, buffer + done, static_cast<size_t>(n - done));
        if (written > 0) done += written;
      }
      continue;
    }
    // EIO: nobody has the terminal open now. As long as the container lives somebody may again.
    pollfd wait{kContainer, POLLIN, 0};
    if (::poll(&wait, 1, 200) != 0) ::_exit(0);
  }
}

}  // namespace monitor
