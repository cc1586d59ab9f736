#pragma once
// A seccomp filter as rules, and its compilation. Both the default one (seccomp_rules.h) and a profile file
// (seccomp_profile.h) become this first. Source: seccomp(2), seccomp_rule_add(3). Internal to this room.
#include <seccomp.h>

#include <cstdint>
#include <string>
#include <vector>

namespace engine {

struct SeccompRule {
  std::vector<std::string> calls;  // names that nobody knows, or an architecture, are left out
  uint32_t action = SCMP_ACT_ALLOW;
  std::vector<scmp_arg_cmp> arguments{};  // all must hold; two for one argument: either
};

struct SeccompFilter {
  uint32_t default_action = SCMP_ACT_ERRNO(1);
  std::vector<uint32_t> architectures{};  // SCMP_ARCH_*, beside the native one
  std::vector<SeccompRule> rules{};
  uint32_t flags = 0;  // SECCOMP_FILTER_FLAG_*, for who loads it
};

// Array of struct sock_filter. Calls that came after all that the rules name are ENOSYS where the default
// action refuses. Throws engine::Error(kInternal), kInvalid for what cannot be had here.
std::string compile(const SeccompFilter& filter);

// What `compile` makes shorter: decides alike, call by call.
std::string compile_call_by_call(const SeccompFilter& filter);

// "3.5" and the rest of uname(2)'s release: whether this kernel is at least that.
bool is_kernel_at_least(int major, int minor);

}  // namespace engine
