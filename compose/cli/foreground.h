#pragma once
// A container started with this command's standard streams attached to it: `run`, `container run`, `container
// start -a`.
#include <functional>
#include <string>

#include "compose/cli/context.h"
#include "compose/cli/signals.h"

namespace compose::cli {

// docker's exit codes for a container that could not be started, by the reason.
inline constexpr int kExitEngine = 125, kExitNotExecutable = 126, kExitNotFound = 127;
int start_failure(const engine::Error& error);

struct Foreground {
  std::string id, name;
  bool input = false;                     // its standard input is ours
  bool output = true, error = true;       // what it writes is shown
  bool remove = false;                    // when it has ended, or was not started
  bool fresh = true;                      // made by this command, to be run at once
  std::string detach_keys;                // as given (--detach-keys); empty: as configured
  bool pass_signals = true;               // else a signal ends this command, and it goes on
  std::function<void()> started = [] {};  // called once it runs
  std::function<void()> lasting;          // called when it has run for a while (engine::kLastingMs)
};

// Returns the exit code: 0 when the caller let go of it, the container's, or why it did not start. A signal
// before the start ends it with 130 and removes the container, where it is fresh.
int run_in_foreground(Context& context, Signals& signals, const Foreground& what);

}  // namespace compose::cli
