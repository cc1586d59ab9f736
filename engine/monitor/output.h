#pragma once
// The way of a container's output: FIFOs in the run folder that the container itself keeps open for reading
// and writing, so that neither a dead monitor nor its successor ever breaks it; the monitor reads them into
// the log.
#include <memory>

#include "engine/container/json_log.h"
#include "engine/container/launch.h"
#include "engine/container/spec.h"
#include "sys/fd.h"

namespace monitor {

class Output {
 public:
  // Makes the FIFOs where they are missing and opens the log. Throws sys::Error.
  explicit Output(const engine::Spec& spec);

  // What the container gets as stdout and stderr.
  engine::Stdio stdio() const { return {-1, stdout_.get(), stderr_.get()}; }
  // Readable when `drain` has something to do; never at end of file.
  int stdout_fd() const { return stdout_reader_.get(); }
  int stderr_fd() const { return stderr_reader_.get(); }
  // Reads what is there into the log without waiting. A bounded amount a call, so that a flood of output
  // cannot starve the rest of the monitor; returns true when there may be more.
  bool drain();
  // At the end of a run: everything, and what waits for its newline. Lines the log has lost are told on
  // stderr then, and when it begins.
  void finish();

 private:
  bool drain(int fd, engine::JsonLog::Stream stream);
  void tell_lost();

  sys::Fd stdout_, stderr_;                // blocking, for the container
  sys::Fd stdout_reader_, stderr_reader_;  // non-blocking, ours
  engine::JsonLog log_;
  int64_t told_lost_ = 0;
};

// A process that copies the terminal's output to the stdout FIFO as long as the container lives. It is not
// the monitor, because the terminal hangs up, and the container with it, when the master's last holder dies.
// A child of the caller. Returns its pidfd. Throws sys::Error.
sys::Fd start_console_pump(const engine::Launched& container, int stdout_fifo);

}  // namespace monitor
