#pragma once
// A terminal whose keys are heard one by one, unechoed. Ctrl-C, Ctrl-\ and Ctrl-Z stay what they are:
// signals.
//
// The terminal's modes of before come back whatever happens: at the end of the object, when the program is
// stopped by Ctrl-Z (and ours again when it goes on in the foreground), when it dies by a signal of its own
// mistake, and before an _exit(2) that calls `restore_terminal`. One object at a time in a process.
#include <string>

#include "sys/fd.h"

namespace compose::ui {

class KeyTerminal {
 public:
  // Throws sys::Error when `fd` is no terminal.
  explicit KeyTerminal(int fd);
  ~KeyTerminal();
  KeyTerminal(const KeyTerminal&) = delete;
  KeyTerminal& operator=(const KeyTerminal&) = delete;

  int fd() const { return fd_; }  // readable when there are keys, or the terminal has gone
  // What was pressed. Never waits. False when the terminal has gone.
  bool read(std::string& keys) const;
  // Readable when the program was stopped and goes on: what is on the screen is to be drawn again.
  int resumed_fd() const { return resumed_.read.get(); }
  void take_resumed() const;

 private:
  int fd_;
  sys::Pipe resumed_;
};

// The modes of before, if they are not in force. Async-signal-safe.
void restore_terminal() noexcept;

}  // namespace compose::ui
