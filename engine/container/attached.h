#pragma once
// A program in a container with the streams of who started it or came later: `run`, `exec` and `attach`. The
// engine keeps the container's log all the same: what is attached is a copy of its output.
//
// From the start (`run`) the copy is given at the pace at which it is taken, so that nothing is lost however
// slowly that is; the container waits meanwhile. Who attaches later is waited for `kAttachPatienceMs` at most
// and let go then, as the container has others to serve.
//
// Whoever is attached can go at any time, killed or not: the container goes on with its log alone. Its
// standard input is at an end then when it was given from the start; the one of `stdin_open` never ends.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sys/fd.h"

namespace engine {

inline constexpr int64_t kAttachPatienceMs = 10000;
inline constexpr int64_t kLastingMs = 50;

struct AttachRequest {
  bool input = false;              // else its standard input is /dev/null; a terminal takes none then
  uint16_t rows = 0, columns = 0;  // of its terminal at the start; 0: the kernel's default
};

struct Attached {
  sys::Fd input;          // its standard input; of a program with a terminal the master; may be empty
  sys::Fd output, error;  // at their end when it has ended; with a terminal nothing comes at `error`
  sys::Fd report;         // the message of its end
  bool terminal = false;
  bool takes_input = false;       // what the caller types is for the program
  bool came_later = false;        // a program at a terminal is made to show its picture anew
  bool ends_with_report = false;  // what others still hold open of its output is not waited for (exec)
  // Called once, when its output is at an end and its own end has not been told yet, which is mostly about
  // to come: time for what that takes.
  std::function<void()> about_to_end = {};
};

// Size of the caller's terminal; zero when standard input is none.
AttachRequest with_own_size(AttachRequest request);

struct RelayOptions {
  std::string detach_keys;  // the bytes (detach_keys.h), looked for in input to a terminal; empty: none
  int cancel = -1;          // descriptor that becomes readable when the caller is to let go; -1: never
  std::function<void(std::string_view)> output;  // takes all that is shown instead of stdout and stderr
  std::function<void()> lasting = {};            // called once, when it has gone on for kLastingMs
};

struct RelayEnd {
  enum class How {
    kEnded,      // with `exit_code`
    kDetached,   // by the keys
    kCancelled,  // by RelayOptions::cancel
    kTooSlow,    // what it wrote was not taken
    kLost        // its monitor died, which ends the connection
  };
  How how = How::kLost;
  int exit_code = 0;
  sys::Fd report;  // kEnded: its monitor waits for the end of this to tidy up after it; see `spare_tidying`
};

// Tells the monitor of a container that has ended that what is to be tidied up is.
void spare_tidying(const RelayEnd& end);

// Connects it with the caller's stdin, stdout and stderr until it has ended and all is shown, or one of the
// others of RelayEnd. A terminal of the caller's is in raw mode meanwhile and its size is followed. Throws
// sys::Error when what it wrote cannot be written here; the caller ignores SIGPIPE.
RelayEnd relay(Attached attached, const RelayOptions& options = {});

}  // namespace engine
