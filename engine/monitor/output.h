#pragma once
// The way of a container's output: FIFOs in the run folder that the container itself keeps open for reading
// and writing, so that neither a dead monitor nor its successor ever breaks it; the monitor reads them into
// the log.
#include <poll.h>

#include <optional>
#include <vector>

#include "engine/container/json_log.h"
#include "engine/container/launch.h"
#include "engine/container/spec.h"
#include "engine/monitor/output_copy.h"
#include "sys/fd.h"

namespace monitor {

// Makes the FIFO where it is missing; opened for reading and writing, so that it never ends. Throws
// sys::Error.
sys::Fd open_fifo(const std::string& path, int flags);

class Output {
 public:
  // Makes the FIFOs where they are missing and opens the log. Throws sys::Error.
  explicit Output(const engine::Spec& spec);

  // What the container gets as stdout and stderr.
  engine::Stdio stdio() const { return {-1, stdout_.get(), stderr_.get()}; }
  // Gives a copy of what comes from now on, besides the log, to who is attached.
  void copy_stdout_to(OutputCopy copy) { copies_[0].push_back(std::move(copy)); }
  void copy_stderr_to(OutputCopy copy) { copies_[1].push_back(std::move(copy)); }
  // Readable when `drain` has something to do; never at end of file. -1 while a copy has to be taken first.
  int stdout_fd() const { return waiting(0) ? -1 : stdout_reader_.get(); }
  int stderr_fd() const { return waiting(1) ? -1 : stderr_reader_.get(); }
  // Appends what to wait for on the side of the copies; `flush_copies` is to be called when any has an event.
  void add_copies_to(std::vector<pollfd>& fds) const;
  void flush_copies(const pollfd* fds, size_t count);
  // When the first of them has been waited for long enough (monotonic, ms).
  std::optional<int64_t> deadline_ms() const;
  // Ends the copies whose time is over; the numbers of their clients.
  std::vector<int> drop_slow(int64_t now_ms);
  void drop(int client) noexcept;
  // Reads what is there into the log without waiting. A bounded amount a call, so that a flood of output
  // cannot starve the rest of the monitor; returns true when there may be more.
  bool drain();
  // At the end of a run: everything there is, and what waits for its newline; copies end here. Lines the log
  // has lost are told on stderr then, and when it begins. `writer`: pidfd of the console pump, which is
  // waited for; -1: there is none.
  void finish(int writer);

 private:
  bool waiting(size_t stream) const;
  int reader(size_t stream) const { return stream == 0 ? stdout_reader_.get() : stderr_reader_.get(); }
  size_t take(size_t stream, size_t most);  // 0: there is nothing
  bool drain(size_t stream);
  void take_rest(size_t stream);
  void tell_lost();

  sys::Fd stdout_, stderr_;                // blocking, for the container
  sys::Fd stdout_reader_, stderr_reader_;  // non-blocking, ours
  engine::JsonLog log_;
  std::vector<OutputCopy> copies_[2];  // by stream
  bool ending_ = false;
  int64_t told_lost_ = 0;
};

}  // namespace monitor
