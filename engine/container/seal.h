#pragma once
// Keeping containers from overwriting the runtime's own program through /proc/<pid>/exe (CVE-2019-5736).
#include <string>

#include "sys/fd.h"

namespace engine {

// The program as a file nobody can write through: a detached, read-only clone of its mount, or where the
// kernel cannot do that a sealed copy in memory. The clone costs some microseconds and no memory: its pages
// are those of the file, shared by all monitors. Execute it by /proc/self/fd/N. Throws sys::Error.
sys::Fd sealed_program(const std::string& path);
// True when the running program was started from one.
bool is_sealed();

}  // namespace engine
