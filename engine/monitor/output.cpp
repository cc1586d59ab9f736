#include "engine/monitor/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
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

bool Output::waiting(size_t stream) const {
  return !ending_ && std::any_of(copies_[stream].begin(), copies_[stream].end(),
                                 [](const OutputCopy& copy) { return copy.waiting(); });
}

void Output::add_copies_to(std::vector<pollfd>& fds) const {
  for (const auto& copies : copies_) {
    for (const OutputCopy& copy : copies)
      fds.push_back({copy.fd(), static_cast<short>(copy.waiting() ? POLLOUT : 0), 0});
  }
}

void Output::flush_copies(const pollfd* fds, size_t count) {
  for (auto& copies : copies_) {
    for (OutputCopy& copy : copies) {
      const auto* entry =
          std::find_if(fds, fds + count, [&](const pollfd& fd) { return fd.fd == copy.fd(); });
      if (entry == fds + count || entry->revents == 0) continue;
      copy.flush();
      if ((entry->revents & POLLERR) != 0) copy.close();  // nobody reads, and there is nothing to learn it by
    }
    std::erase_if(copies, [](const OutputCopy& copy) { return copy.fd() < 0; });
  }
}

std::optional<int64_t> Output::deadline_ms() const {
  std::optional<int64_t> first;
  for (const auto& copies : copies_) {
    for (const OutputCopy& copy : copies) {
      if (copy.deadline_ms() && (!first || *copy.deadline_ms() < *first)) first = copy.deadline_ms();
    }
  }
  return first;
}

std::vector<int> Output::drop_slow(int64_t now_ms) {
  std::vector<int> clients;
  for (const auto& copies : copies_) {
    for (const OutputCopy& copy : copies) {
      if (copy.deadline_ms() && *copy.deadline_ms() <= now_ms) clients.push_back(copy.client());
    }
  }
  for (const int client : clients) drop(client);
  return clients;
}

void Output::drop(int client) noexcept {
  for (auto& copies : copies_)
    std::erase_if(copies, [&](const OutputCopy& copy) { return copy.client() == client; });
}

size_t Output::take(size_t stream, size_t most) {
  char buffer[8192];
  for (;;) {
    const ssize_t n = ::read(reader(stream), buffer, std::min(most, sizeof buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return 0;
    const std::string_view bytes(buffer, static_cast<size_t>(n));
    log_.write(stream == 0 ? engine::JsonLog::Stream::kStdout : engine::JsonLog::Stream::kStderr, bytes);
    for (OutputCopy& copy : copies_[stream]) copy.put(bytes);
    return bytes.size();
  }
}

bool Output::drain(size_t stream) {
  for (int i = 0; i < kReadsPerDrain && !waiting(stream); ++i)
    if (take(stream, SIZE_MAX) == 0) return false;
  return !waiting(stream);
}

// What is there now: whom the container has handed its output to may write on for ever.
void Output::take_rest(size_t stream) {
  int held = 0;
  sys::check(::ioctl(reader(stream), FIONREAD, &held), "ioctl", "FIONREAD");
  for (auto left = static_cast<size_t>(held); left > 0;) {
    const size_t taken = take(stream, left);
    if (taken == 0) return;
    left -= taken;
  }
}

bool Output::drain() {
  const bool more_out = drain(0);
  const bool more_err = drain(1);
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
  take_rest(0);
  take_rest(1);
  ending_ = false;
  log_.flush();
  for (auto& copies : copies_) {
    for (OutputCopy& copy : copies) copy.end();
    copies.clear();
  }
  tell_lost();
}

}  // namespace monitor
