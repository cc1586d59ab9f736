#pragma once
// Seccomp filters, compiled by libseccomp: the default one, and those of profile files (seccomp_profile.h).
// Source: ../shared/reference/engine.md, seccomp(2).
#include <cstdint>
#include <string>
#include <vector>

namespace engine {

// Compiled BPF (array of struct sock_filter) of the default allow-list for a container with these
// capabilities (CAP_ names). Throws engine::Error(kInternal).
std::string compile_default_seccomp(const std::vector<std::string>& capabilities);

// A compiled filter on disk, and how it is to be loaded (SECCOMP_FILTER_FLAG_*).
struct SeccompFile {
  std::string path;
  uint32_t flags = 0;
};

// Writes the filter for these capabilities below `run_root`/seccomp once and returns the file's path:
// compiling takes milliseconds, reading microseconds. Safe when called at once by several processes. Throws.
SeccompFile cached_default_seccomp(const std::string& run_root, const std::vector<std::string>& capabilities);

// The same of a profile in Docker's JSON format. Throw engine::Error(kInvalid) with the place in it.
std::string compile_seccomp_profile(const std::string& profile, const std::vector<std::string>& capabilities);
SeccompFile write_seccomp_profile(const std::string& path, const std::string& profile,
                                  const std::vector<std::string>& capabilities);
// The profile without blanks, as it is kept. Throws engine::Error(kInvalid) for one that cannot be used.
std::string compact_seccomp_profile(const std::string& profile);

// Docker's default set of 14, with cap_add/cap_drop applied (names with or without CAP_, ALL). Throws
// engine::Error(kInvalid) naming an unknown capability.
std::vector<std::string> effective_capabilities(const std::vector<std::string>& add,
                                                const std::vector<std::string>& drop, bool privileged);

}  // namespace engine
