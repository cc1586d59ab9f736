#pragma once
// The default seccomp filter, compiled by libseccomp. Source: ../shared/reference/engine.md, seccomp(2).
#include <string>
#include <vector>

namespace engine {

// Compiled BPF (array of struct sock_filter) of the default allow-list for a container with these
// capabilities (CAP_ names). Throws engine::Error(kInternal).
std::string compile_default_seccomp(const std::vector<std::string>& capabilities);

// Writes the filter for these capabilities below `run_root`/seccomp once and returns the file's path:
// compiling takes milliseconds, reading microseconds. Safe when called at once by several processes. Throws.
std::string cached_default_seccomp(const std::string& run_root, const std::vector<std::string>& capabilities);

// Docker's default set of 14, with cap_add/cap_drop applied (names with or without CAP_, ALL). Throws
// engine::Error(kInvalid) naming an unknown capability.
std::vector<std::string> effective_capabilities(const std::vector<std::string>& add,
                                                const std::vector<std::string>& drop, bool privileged);

}  // namespace engine
