#pragma once
// The things compose-monitor does; see main.cpp. Each returns the program's exit code. All take their
// work from inherited descriptors (engine/container/run_files.h) and answer on kReportFd with JSON messages:
//   {"ok":true,"pid":1,"start_time":2}            the program was exec'ed
//   {"ok":false,"message":"...","exit_code":127}  it was not
//   {"exit":3}                                    step, exec and attached container: it ended
#include <string>

namespace monitor {

// `programs`: the folder of compose-monitor and compose-init.
// `held`: how many descriptors from kHeldFds on it keeps open until the container's end, its host ports.
int monitor_container(const std::string& run_dir, const std::string& programs, int held);
// With the streams of kOutputFd, kErrorFd and kInputFd; a terminal's master goes back with the report.
int monitor_attached(const std::string& run_dir, const std::string& programs, int held);
int adopt_container(const std::string& run_dir, const std::string& programs, int held);
int run_step(const std::string& programs);
// `piped`: with the streams of kOutputFd, kErrorFd and kInputFd, and the read ends from kHeldFds on.
int run_exec(bool piped);
// Mounts what a container that is down would see, for its caller alone; the root goes with the report.
int show_root();

}  // namespace monitor
