#pragma once
// Seccomp profiles in Docker's JSON format, that of `security_opt: seccomp=FILE`: defaultAction,
// defaultErrnoRet, architectures or archMap, flags, and syscalls with names (or name), action, errnoRet,
// args, and includes and excludes by caps, arches and minKernel. What a profile says and this program does
// not know is an error at its place ("syscalls[2].action"), for a rule that is half understood could let
// through what it was written to stop; system calls that nobody here has a name for are left to the default
// action. What came after all that a profile names is ENOSYS where its default action refuses, as with runc.
// Keys that begin with '$' or '_', and "comment", are remarks.
// Source: Docker's manual, "Seccomp security profiles"; OCI runtime-spec, config-linux, "Seccomp".
#include <string>
#include <vector>

#include "engine/container/seccomp_filter.h"

namespace engine {

// What the profile comes to on this machine for a container with these capabilities (CAP_ names). Throws
// engine::Error(kInvalid): the place and what is wrong there.
SeccompFilter read_seccomp_profile(const std::string& json, const std::vector<std::string>& capabilities);

}  // namespace engine
