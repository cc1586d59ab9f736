#pragma once
// Names and small rules both the monitor and its callers go by in a container's run folder.
#include <string>

#include "engine/container/spec.h"
#include "engine/container/status.h"

namespace engine {

// Held (flock) by the container's keeper: its monitor, or a caller that does a dead monitor's work.
inline std::string keeper_lock(const std::string& run_dir) {
  return run_dir + "/monitor.lock";
}
inline std::string spec_file(const std::string& run_dir) {
  return run_dir + "/spec.json";
}
inline std::string stdout_fifo(const std::string& run_dir) {
  return run_dir + "/stdout";
}
inline std::string stdin_fifo(const std::string& run_dir) {
  return run_dir + "/stdin";
}
inline std::string stderr_fifo(const std::string& run_dir) {
  return run_dir + "/stderr";
}
// A load balancer's configuration and socket, <run folder>/lb, and where it has them.
inline std::string lb_folder(const std::string& run_dir) {
  return run_dir + "/lb";
}
inline constexpr char kLbFolder[] = "/run/compose-lb";
inline constexpr char kLbConfig[] = "config.json";  // in that folder
inline std::string lb_config(const std::string& run_dir) {
  return lb_folder(run_dir) + '/' + kLbConfig;
}
// There when another container has had this one's network since it was started.
inline std::string joined_mark(const std::string& run_dir) {
  return run_dir + "/joined";
}
// Where the console pump hands out the terminal's master (engine/monitor/console_pump.h).
inline std::string console_socket(const std::string& run_dir) {
  return run_dir + "/console";
}
inline std::string control_socket(const std::string& run_dir) {
  return run_dir + "/control";
}

inline std::string status_file(const std::string& state_dir) {
  return state_dir + "/status.json";
}

// Writes status.json. Where the disk is full the bytes go into a file that has been kept ready beside it for
// that, so that how a container ended is known nonetheless; outputs of health checks may be left out then.
// Throws sys::Error.
void write_status(const std::string& state_dir, const Status& status);
// Has what was written reach the disk; a file that is gone again is no error. Apart from the writing, so that
// nobody who waits for a start or an end waits for the disk as well.
void sync_status(const std::string& state_dir) noexcept;
// True for a signal by which a user means the container to end: no restart follows.
bool means_stop(int signal, const Spec& spec);
int64_t unix_ms();       // CLOCK_REALTIME
int64_t monotonic_ms();  // CLOCK_MONOTONIC

// For what it makes monitors (monitor_server.h).
inline constexpr char kServesMany[] = "many";
inline constexpr char kServesOne[] = "one";
inline constexpr char kServesOneWithNames[] = "one-with-names";
inline constexpr char kServesExec[] = "exec";

// Descriptors of a monitor at its start.
constexpr int kReportFd = 3;     // SOCK_SEQPACKET to the caller
constexpr int kNetnsFd = 4;      // network namespace, or /dev/null
constexpr int kRequestFd = 5;    // step, exec: a file with the JSON of what to do
constexpr int kStartLockFd = 5;  // container: the lock (flock) that it is started under, or /dev/null
constexpr int kGateFd = 6;       // container: a message comes when its program may begin (launch.h)
constexpr int kOutputFd = 7;  // step: stdout and stderr; attached container: a copy of its stdout goes here;
                              // exec: its stdout
constexpr int kErrorFd = 8;   // attached container: a copy of its stderr goes here; exec: its stderr
constexpr int kInputFd = 9;   // attached container, exec: its stdin
constexpr int kHeldFds = 16;  // first of the descriptors it only keeps open; exec without a terminal: the
                              // read ends of stdout and stderr

}  // namespace engine
