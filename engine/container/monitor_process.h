#pragma once
// Starting compose-monitor. Safe to call from any thread.
#include <functional>
#include <string>
#include <vector>

#include "engine/container/message.h"
#include "sys/fd.h"
#include "sys/spawn.h"

namespace engine {

struct MonitorSpawn {
  std::vector<std::string> arguments;  // without the program's name
  int netns = -1;
  std::string request;         // JSON for kRequestFd; empty: none
  int output = -1;             // kOutputFd
  int error = -1, input = -1;  // kErrorFd, kInputFd
  int start_lock = -1;         // kStartLockFd; not together with a request
  int gate = -1;               // kGateFd
  std::vector<int> held;       // kHeldFds and up
  std::string log;             // file its own errors are appended to; empty: /dev/null
  std::string cgroup;          // it is born into the v2 group of this path; empty: the caller's
};

// MonitorSpawn::request as a file to be read from its beginning; empty when there is none. Throws sys::Error.
sys::Fd request_file(const MonitorSpawn& spawn);
// Calls `visit(descriptor, number)` for each descriptor that is given, with what it is to be there.
// `request`: the file of above.
void each_descriptor(const MonitorSpawn& spawn, int report, const sys::Fd& request,
                     const std::function<void(int, int)>& visit);

struct MonitorProcess {
  sys::Begun process;  // a child of the caller, to be reaped
  sys::Fd report;      // closing it cancels a step or exec
};

// It gets a session of its own. Throws engine::Error(kUnavailable) when the program is missing, sys::Error.
MonitorProcess spawn_monitor(const MonitorSpawn& spawn);
// The same without waiting until its program runs.
MonitorProcess begin_monitor(const MonitorSpawn& spawn);

// What it reports about the start. Throws engine::Error with `subject` in front: kNotFound for exit code 127,
// kDenied for 126, else the kind the monitor tells, else kInvalid; kInternal when it ended without a word.
// Returns the started process; `console` takes the terminal's master.
struct Started {
  int pid = 0;
  uint64_t start_time = 0;
  sys::Fd console;
};
Started await_start(const sys::Fd& report, const std::string& subject);
// {"exit":n}; -1 when the monitor ended without a word.
int exit_code_from(const std::string& message);

}  // namespace engine
