#pragma once
// The way of a container's output: FIFOs in the run folder that the container itself keeps open for reading
// and writing, so that neither a dead monitor nor its successor ever breaks it; the monitor reads them into
// the log.
#include <memory>

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
  void copy_to(OutputCopy out, OutputCopy err);
  // Readable when `drain` has something to do; never at end of file. -1 while a copy has to be taken first.
  int stdout_fd() const { return copies_[0].waiting() ? -1 : stdout_reader_.get(); }
  int stderr_fd() const { return copies_[1].waiting() ? -1 : stderr_reader_.get(); }
  // Where those copies can be written that wait for it; -1: none does.
  int stdout_copy_fd() const { return copies_[0].waiting() ? copies_[0].fd() : -1; }
  int stderr_copy_fd() const { return copies_[1].waiting() ? copies_[1].fd() : -1; }
  void flush_copies();
  // Reads what is there into the log without waiting. A bounded amount a call, so that a flood of output
  // cannot starve the rest of the monitor; returns true when there may be more.
  bool drain();
  // At the end of a run: everything, and what waits for its newline; copies end here. Lines the log has lost
  // are told on stderr then, and when it begins.
  // `writer`: pidfd of the console pump, which is waited for; -1: there is none.
  void finish(int writer);

 private:
  bool drain(int fd, engine::JsonLog::Stream stream, OutputCopy& copy);
  void tell_lost();

  sys::Fd stdout_, stderr_;                // blocking, for the container
  sys::Fd stdout_reader_, stderr_reader_;  // non-blocking, ours
  engine::JsonLog log_;
  OutputCopy copies_[2];  // by stream
  bool ending_ = false;
  int64_t told_lost_ = 0;
};

// A process that copies the terminal's output to the stdout FIFO as long as the container lives. It is not
// the monitor, because the terminal hangs up, and the container with it, when the master's last holder dies.
// A child of the caller. Returns its pidfd. Throws sys::Error.
sys::Fd start_console_pump(const engine::Launched& container, int stdout_fifo);

}  // namespace monitor
