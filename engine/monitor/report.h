#pragma once
// The messages of jobs.h. A caller that has gone is no error.
#include <exception>

#include "sys/process.h"

namespace monitor {

void report_started(int report, const sys::ProcessId& process, int console = -1);
void report_failure(int report, const std::exception& error);
void report_exit(int report, int exit_code);

}  // namespace monitor
