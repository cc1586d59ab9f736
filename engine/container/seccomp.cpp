#include "engine/container/seccomp.h"

#include <linux/seccomp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>

#include "engine/container/capabilities.h"
#include "engine/container/seccomp_filter.h"
#include "engine/container/seccomp_profile.h"
#include "engine/container/seccomp_rules.h"
#include "sys/file.h"

namespace engine {

namespace {

// Part of the cache's key: raise it with any change to the rules made in this file.
constexpr int kRulesVersion = 6;

// AF_ALG and AF_VSOCK: kernel crypto with a history of holes, and a way round the network namespace to the
// hypervisor.
constexpr int kRefusedFamilies[] = {AF_ALG, AF_VSOCK};

bool has(CapabilityMask mask, std::string_view capability) {
  return (mask & capability_mask({std::string(capability)})) != 0;
}

std::vector<uint32_t> compat_architectures() {
  switch (::seccomp_arch_native()) {
    case SCMP_ARCH_X86_64:
      return {SCMP_ARCH_X86, SCMP_ARCH_X32};
    case SCMP_ARCH_AARCH64:
      return {SCMP_ARCH_ARM};
    default:
      return {};
  }
}

// ptrace and its kin could be used to get round a filter before Linux 4.8 (man 2 seccomp, CAVEATS).
bool ptrace_is_safe() {
  return is_kernel_at_least(4, 8);
}

std::vector<std::string> names_of(const std::vector<std::string_view>& calls) {
  return {calls.begin(), calls.end()};
}

void add_argument_rules(std::vector<SeccompRule>& rules, CapabilityMask mask) {
  for (const uint64_t persona : kPersonalities)
    rules.push_back({{"personality"}, SCMP_ACT_ALLOW, {SCMP_A0(SCMP_CMP_EQ, persona)}});
  // The argument is an int: the kernel looks at its low half only, and so must the rule.
  constexpr uint64_t kInt = 0xffffffff;
  for (int family = 0; family < AF_MAX; ++family) {
    if (std::find(std::begin(kRefusedFamilies), std::end(kRefusedFamilies), family) !=
        std::end(kRefusedFamilies))
      continue;
    rules.push_back(
        {{"socket"}, SCMP_ACT_ALLOW, {SCMP_A0(SCMP_CMP_MASKED_EQ, kInt, static_cast<uint64_t>(family))}});
  }
  // The multiplexed socketcall(2) of i386 hides the family behind a pointer no filter can follow. It is what
  // 32-bit glibc, Go and Wine make their sockets by, and libseccomp lets it through along with `socket`.
  if (has(mask, "CAP_SYS_ADMIN")) return;
  rules.push_back({{"clone"}, SCMP_ACT_ALLOW, {SCMP_A0(SCMP_CMP_MASKED_EQ, kNamespaceFlags, 0)}});
  // Its flags are behind a pointer as well; ENOSYS makes the C library fall back to clone.
  rules.push_back({{"clone3"}, SCMP_ACT_ERRNO(ENOSYS)});
}

SeccompFilter default_filter(CapabilityMask mask) {
  SeccompFilter filter;
  filter.default_action = SCMP_ACT_ERRNO(EPERM);
  filter.architectures = compat_architectures();
  filter.flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  filter.rules.push_back({names_of(plainly_allowed())});
  for (const ConditionalCalls& group : conditionally_allowed())
    if (has(mask, group.capability)) filter.rules.push_back({names_of(group.calls)});
  if (ptrace_is_safe()) filter.rules.push_back({{"ptrace", "process_vm_readv", "process_vm_writev"}});
  add_argument_rules(filter.rules, mask);
  return filter;
}

uint64_t fingerprint(const std::string& text) {  // FNV-1a
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// What any compiled filter depends on besides its rules.
std::string build_of(CapabilityMask mask) {
  const scmp_version* library = ::seccomp_version();
  utsname names{};
  ::uname(&names);
  return std::to_string(kRulesVersion) + ' ' + std::to_string(mask) + ' ' + std::to_string(library->major) +
         '.' + std::to_string(library->minor) + '.' + std::to_string(library->micro) + ' ' +
         std::to_string(::seccomp_arch_native()) + ' ' + names.release;
}

std::string default_rules_text() {
  std::string text;
  for (const std::string_view call : plainly_allowed()) text.append(" ").append(call);
  for (const ConditionalCalls& group : conditionally_allowed()) {
    text.append(" ").append(group.capability);
    for (const std::string_view call : group.calls) text.append(" ").append(call);
  }
  return text;
}

template <typename Make>
std::string cached(const std::string& run_root, const std::string& key, Make make) {
  char name[32];
  std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(fingerprint(key)));
  const std::string folder = run_root + "/seccomp";
  std::string path = folder + '/' + name + ".bpf";
  const auto is_there = [&] {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && status.st_size > 0;
  };
  if (is_there()) return path;
  // Containers that are started at once would each compile it, 20 ms of a processor; two processes that do
  // write the same bytes, and the last rename wins.
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  if (is_there()) return path;
  sys::make_dirs(folder, 0700);
  sys::write_file_atomic(path, make(), 0600);
  return path;
}

}  // namespace

std::string compile_default_seccomp(const std::vector<std::string>& capabilities) {
  return compile(default_filter(capability_mask(capabilities)));
}

SeccompFile cached_default_seccomp(const std::string& run_root,
                                   const std::vector<std::string>& capabilities) {
  const CapabilityMask mask = capability_mask(capabilities);
  return {
      cached(run_root, build_of(mask) + default_rules_text(), [&] { return compile(default_filter(mask)); }),
      SECCOMP_FILTER_FLAG_SPEC_ALLOW};
}

std::string compile_seccomp_profile(const std::string& profile,
                                    const std::vector<std::string>& capabilities) {
  return compile(read_seccomp_profile(profile, capabilities));
}

// Not cached: a name made of a few bytes must not decide which of two strangers' profiles is loaded.
SeccompFile write_seccomp_profile(const std::string& path, const std::string& profile,
                                  const std::vector<std::string>& capabilities) {
  const SeccompFilter filter = read_seccomp_profile(profile, capabilities);
  sys::write_file_atomic(path, compile(filter), 0600);
  return {path, filter.flags};
}

std::string compact_seccomp_profile(const std::string& profile) {
  read_seccomp_profile(profile, {});
  return nlohmann::json::parse(profile).dump();
}

}  // namespace engine
