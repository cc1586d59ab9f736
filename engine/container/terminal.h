#pragma once
// The caller's terminal while a program in a container uses it.
#include <sys/ioctl.h>
#include <termios.h>

#include <optional>

#include "sys/fd.h"

namespace engine {

// Raw mode from construction to destruction; nothing when `fd` is no terminal.
class RawTerminal {
 public:
  explicit RawTerminal(int fd);
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  int fd_;
  std::optional<termios> before_;
};

// SIGWINCH as a readable descriptor. One at a time in a process; the handler of before comes back at the end.
class ResizeSignal {
 public:
  ResizeSignal();
  ~ResizeSignal();
  ResizeSignal(const ResizeSignal&) = delete;
  ResizeSignal& operator=(const ResizeSignal&) = delete;
  int fd() const { return pipe_.read.get(); }
  void take();

 private:
  sys::Pipe pipe_;
};

// Of the terminal at standard input; zero when that is none.
winsize own_terminal_size();
// Gives the terminal `master` that size; so many rows more.
void copy_size(int master, unsigned short more_rows = 0);

}  // namespace engine
