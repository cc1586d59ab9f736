#pragma once
// A container's first process with the streams of who started it, as `run` has it. The engine keeps the
// container's log all the same: what is attached is a copy of its output, given at the pace at which it is
// taken, so that nothing is lost however slowly that is; the container waits meanwhile.
//
// Whoever is attached can go at any time, killed or not: the container then goes on with its log alone and
// its standard input at an end.
#include <cstdint>
#include <optional>

#include "sys/fd.h"

namespace engine {

struct AttachRequest {
  bool input = false;              // else its standard input is /dev/null; a terminal takes none then
  uint16_t rows = 0, columns = 0;  // of its terminal at the start; 0: the kernel's default
};

struct Attached {
  sys::Fd input;          // its standard input; of a container with a terminal the master; may be empty
  sys::Fd output, error;  // at their end when it has ended; with a terminal nothing comes at `error`
  sys::Fd report;         // the message of its end
  bool terminal = false;
  bool takes_input = false;  // what the caller types is for the terminal
};

// Size of the caller's terminal; zero when standard input is none.
AttachRequest with_own_size(AttachRequest request);

// Connects it with the caller's stdin, stdout and stderr until it has ended and all is shown. A terminal of
// the caller's is in raw mode meanwhile and its size is followed. Returns the exit code; nothing when its
// monitor died, which ends the connection. Throws sys::Error when what it wrote cannot be written here; the
// caller ignores SIGPIPE.
std::optional<int> relay(Attached attached);

}  // namespace engine
