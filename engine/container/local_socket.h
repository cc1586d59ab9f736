#pragma once
// SOCK_SEQPACKET sockets in a run folder: a monitor's control socket, a console pump's.
#include <string>

#include "sys/fd.h"

namespace engine {

// For the owner alone, non-blocking; replaces one that is left behind. Throws sys::Error.
sys::Fd listen_at(const std::string& folder, const char* name);
// Empty when nobody listens. Throws sys::Error.
sys::Fd connect_to(const std::string& folder, const char* name);
// The caller's end of a monitor's control socket (engine/monitor/control_server.h).
inline sys::Fd connect_monitor(const std::string& run_dir) {
  return connect_to(run_dir, "control");
}

}  // namespace engine
