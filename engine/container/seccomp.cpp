#include "engine/container/seccomp.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <memory>

#include "engine/container/capabilities.h"
#include "engine/container/new_calls.h"
#include "engine/container/seccomp_rules.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

// Part of the cache's key: raise it with any change to the rules made in this file.
constexpr int kRulesVersion = 5;

// AF_ALG and AF_VSOCK: kernel crypto with a history of holes, and a way round the network namespace to the
// hypervisor.
constexpr int kRefusedFamilies[] = {AF_ALG, AF_VSOCK};

bool has(CapabilityMask mask, std::string_view capability) {
  return (mask & capability_mask({std::string(capability)})) != 0;
}

class Filter {
 public:
  Filter() : context_(::seccomp_init(SCMP_ACT_ERRNO(EPERM)), ::seccomp_release) {
    if (!context_) throw Error(Error::Kind::kInternal, "seccomp_init failed");
    // A sorted tree of comparisons instead of a list: late calls cost no more than early ones.
    require(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
    for (const uint32_t arch : compat_architectures()) {
      const int result = ::seccomp_arch_add(context_.get(), arch);
      if (result != -EEXIST) require(result, "seccomp_arch_add");
    }
  }

  void allow(std::string_view call) { rule(SCMP_ACT_ALLOW, call, {}); }
  void allow(std::string_view call, const scmp_arg_cmp& argument) { rule(SCMP_ACT_ALLOW, call, &argument); }
  void refuse(std::string_view call, int error) {
    rule(SCMP_ACT_ERRNO(static_cast<unsigned>(error)), call, {});
  }

  std::string compiled() {
    const sys::Fd file(sys::check(::memfd_create("seccomp", MFD_CLOEXEC), "memfd_create"));
    require(::seccomp_export_bpf(context_.get(), file.get()), "seccomp_export_bpf");
    sys::check(::lseek(file.get(), 0, SEEK_SET), "lseek");
    return sys::read_all(file.get());
  }

 private:
  static std::vector<uint32_t> compat_architectures() {
    switch (::seccomp_arch_native()) {
      case SCMP_ARCH_X86_64:
        return {SCMP_ARCH_X86, SCMP_ARCH_X32};
      case SCMP_ARCH_AARCH64:
        return {SCMP_ARCH_ARM};
      default:
        return {};
    }
  }

  static void require(int result, const std::string& what) {
    if (result < 0)
      throw Error(Error::Kind::kInternal, "seccomp filter, " + what + ": errno " + std::to_string(-result));
  }

  void rule(uint32_t action, std::string_view call, const scmp_arg_cmp* argument) {
    const int number = ::seccomp_syscall_resolve_name(std::string(call).c_str());
    if (number == __NR_SCMP_ERROR) return;  // newer than this libseccomp: stays refused
    const int result =
        ::seccomp_rule_add_array(context_.get(), action, number, argument == nullptr ? 0 : 1, argument);
    // -EEXIST: given by two capabilities. -EDOM: not on one of the architectures.
    if (result != -EEXIST && result != -EDOM) require(result, std::string(call));
  }

  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
};

// ptrace and its kin could be used to get round a filter before Linux 4.8 (man 2 seccomp, CAVEATS).
bool ptrace_is_safe() {
  utsname names{};
  ::uname(&names);
  int major = 0, minor = 0;
  return std::sscanf(names.release, "%d.%d", &major, &minor) == 2 &&
         (major > 4 || (major == 4 && minor >= 8));
}

void add_argument_rules(Filter& filter, CapabilityMask mask) {
  for (const uint64_t persona : kPersonalities) filter.allow("personality", SCMP_A0(SCMP_CMP_EQ, persona));
  // The argument is an int: the kernel looks at its low half only, and so must the rule.
  constexpr uint64_t kInt = 0xffffffff;
  for (int family = 0; family < AF_MAX; ++family) {
    if (std::find(std::begin(kRefusedFamilies), std::end(kRefusedFamilies), family) !=
        std::end(kRefusedFamilies))
      continue;
    filter.allow("socket", SCMP_A0(SCMP_CMP_MASKED_EQ, kInt, static_cast<uint64_t>(family)));
  }
  // The multiplexed socketcall(2) of i386 hides the family behind a pointer no filter can follow. It is what
  // 32-bit glibc, Go and Wine make their sockets by, and libseccomp lets it through along with `socket`.
  if (has(mask, "CAP_SYS_ADMIN")) return;
  filter.allow("clone", SCMP_A0(SCMP_CMP_MASKED_EQ, kNamespaceFlags, 0));
  // Its flags are behind a pointer as well; ENOSYS makes the C library fall back to clone.
  filter.refuse("clone3", ENOSYS);
}

uint64_t fingerprint(const std::string& text) {  // FNV-1a
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// Everything the compiled filter depends on.
std::string cache_key(CapabilityMask mask) {
  const scmp_version* library = ::seccomp_version();
  std::string text = std::to_string(kRulesVersion) + ' ' + std::to_string(mask) + ' ' +
                     std::to_string(library->major) + '.' + std::to_string(library->minor) + '.' +
                     std::to_string(library->micro) + ' ' + std::to_string(::seccomp_arch_native()) +
                     (ptrace_is_safe() ? " ptrace" : "");
  for (const std::string_view call : plainly_allowed()) text.append(" ").append(call);
  for (const ConditionalCalls& group : conditionally_allowed()) {
    text.append(" ").append(group.capability);
    for (const std::string_view call : group.calls) text.append(" ").append(call);
  }
  char name[32];
  std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(fingerprint(text)));
  return name;
}

}  // namespace

std::string compile_default_seccomp(const std::vector<std::string>& capabilities) {
  const CapabilityMask mask = capability_mask(capabilities);
  Filter filter;
  std::vector<std::string_view> allowed = plainly_allowed();
  for (const ConditionalCalls& group : conditionally_allowed())
    if (has(mask, group.capability)) allowed.insert(allowed.end(), group.calls.begin(), group.calls.end());
  for (const std::string_view call : allowed) filter.allow(call);
  if (ptrace_is_safe()) {
    for (const std::string_view call : {"ptrace", "process_vm_readv", "process_vm_writev"})
      filter.allow(call);
  }
  add_argument_rules(filter, mask);
  std::vector<NewCallRule> new_calls;
  new_calls.reserve(allowed.size());
  for (const std::string_view call : allowed) new_calls.push_back({std::string(call), SECCOMP_RET_ALLOW});
  return with_new_calls(filter.compiled(), new_calls, SECCOMP_RET_ERRNO | EPERM);
}

std::string cached_default_seccomp(const std::string& run_root,
                                   const std::vector<std::string>& capabilities) {
  const std::string folder = run_root + "/seccomp";
  const std::string path = folder + '/' + cache_key(capability_mask(capabilities)) + ".bpf";
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && status.st_size > 0) return path;
  sys::make_dirs(folder, 0700);
  // Two at once write the same bytes, and the last rename wins.
  sys::write_file_atomic(path, compile_default_seccomp(capabilities), 0600);
  return path;
}

}  // namespace engine
