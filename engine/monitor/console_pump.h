#pragma once
// A process that copies the terminal's output to the stdout FIFO as long as the container lives. It is not
// the monitor, because the terminal hangs up, and the container with it, when the master's last holder dies.
// It gives the master to whoever connects to its socket, <run folder>/console: how a monitor that adopts the
// container comes by it.
#include <string>

#include "engine/container/launch.h"
#include "sys/fd.h"

namespace monitor {

struct ConsolePump {
  sys::Fd pidfd;   // empty: there is none
  sys::Fd master;  // of the terminal
};

// A child of the caller; takes the container's console. Throws sys::Error.
ConsolePump start_console_pump(engine::Launched& container, int stdout_fifo, const std::string& run_dir);
// The pump of a dead monitor, which is nobody's child; empty when there is none that answers.
ConsolePump find_console_pump(const std::string& run_dir) noexcept;

}  // namespace monitor
