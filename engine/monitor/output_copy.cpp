#include "engine/monitor/output_copy.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "engine/container/run_files.h"
#include "sys/error.h"

namespace monitor {

namespace {

// Becomes a process that does nothing but write, waiting as long as it takes. Its parent has ended.
[[noreturn]] void deliver(int pipe, const std::string& bytes) {
  if (::fork() != 0) ::_exit(0);
  ::prctl(PR_SET_NAME, "compose-output");
  constexpr int kPipe = 3;
  // Nothing but what it needs, above all not the keeper's lock.
  if (pipe != kPipe && ::dup2(pipe, kPipe) < 0) ::_exit(1);
  ::syscall(SYS_close_range, 4U, ~0U, 0U);
  ::fcntl(kPipe, F_SETFL, 0);
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(kPipe, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno != EINTR) ::_exit(1);
    if (n > 0) done += static_cast<size_t>(n);
  }
  ::_exit(0);
}

}  // namespace

OutputCopy::OutputCopy(sys::Fd pipe, int client, int64_t patience_ms)
    : pipe_(std::move(pipe)), client_(client), patience_ms_(patience_ms) {
  sys::check(::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK), "fcntl", "O_NONBLOCK");
}

void OutputCopy::put(std::string_view bytes) {
  if (!pipe_) return;
  kept_ += bytes;
  flush();
}

void OutputCopy::flush() {
  while (!kept_.empty()) {
    const ssize_t n = ::write(pipe_.get(), kept_.data(), kept_.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      if (patience_ms_ >= 0 && !deadline_ms_) deadline_ms_ = engine::monotonic_ms() + patience_ms_;
      return;
    }
    if (n < 0) {
      close();
      return;
    }
    kept_.erase(0, static_cast<size_t>(n));
    deadline_ms_.reset();
  }
}

void OutputCopy::close() {
  pipe_.reset();
  kept_.clear();
  deadline_ms_.reset();
}

void OutputCopy::end() {
  flush();
  if (waiting()) {
    const pid_t pid = ::fork();
    if (pid == 0) deliver(pipe_.get(), kept_);
    while (pid > 0 && ::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  close();
}

}  // namespace monitor
