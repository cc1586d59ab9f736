#pragma once
// System calls that came after Linux 6.4: libseccomp knows those of its own time only, so what the filter
// says of later ones stands before its program. From 403 on a call has the same number on every architecture
// we run on; x32 sets a bit in it. Two things need this: a call that is to be allowed by name must be on a
// host with an old libseccomp too, and one nobody knew when the rules were made must be ENOSYS, upon which
// programs do it the old way, and not EPERM, upon which they fail. Source: Linux, scripts/syscall.tbl;
// seccomp(2).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

// Nothing for those that libseccomp looks after.
std::optional<uint32_t> new_call_number(std::string_view name);

struct NewCallRule {
  std::string name;                 // those that are no new call are skipped
  std::optional<uint32_t> verdict;  // SECCOMP_RET_*; none: `compiled` has the word
};

constexpr uint32_t kAllCallsKnown = UINT32_MAX - 1;

// `compiled`, an array of struct sock_filter, preceded by what decides about all new calls: by `rules`, the
// first for a name counts; else by `otherwise`, a verdict. Calls after `last_known`, which says when the
// rules were made, are ENOSYS. `compiled` has the word for calls by another architecture than the native one
// and `others` (SCMP_ARCH_*). As it is on an architecture with other numbers.
std::string with_new_calls(const std::string& compiled, const std::vector<NewCallRule>& rules,
                           uint32_t otherwise, uint32_t last_known, const std::vector<uint32_t>& others);

}  // namespace engine
