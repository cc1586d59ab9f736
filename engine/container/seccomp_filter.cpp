#include "engine/container/seccomp_filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "engine/container/new_calls.h"
#include "engine/container/seccomp_ranges.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace engine {

namespace {

void require(int result, const std::string& what) {
  if (result < 0)
    throw Error(Error::Kind::kInternal, "seccomp filter, " + what + ": errno " + std::to_string(-result));
}

bool has_argument_twice(const std::vector<scmp_arg_cmp>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i)
    for (size_t k = 0; k < i; ++k)
      if (arguments[i].arg == arguments[k].arg) return true;
  return false;
}

class Compiler {
 public:
  explicit Compiler(const SeccompFilter& filter)
      : default_action_(filter.default_action),
        context_(::seccomp_init(filter.default_action), ::seccomp_release) {
    if (!context_) throw Error(Error::Kind::kInternal, "seccomp_init failed");
    // A sorted tree of comparisons instead of a list: late calls cost no more than early ones.
    require(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
    for (const uint32_t arch : filter.architectures) {
      const int result = ::seccomp_arch_add(context_.get(), arch);
      if (result != -EEXIST) require(result, "seccomp_arch_add");
    }
    for (const SeccompRule& rule : filter.rules) add(rule);
  }

  std::string compiled() {
    const sys::Fd file(sys::check(::memfd_create("seccomp", MFD_CLOEXEC), "memfd_create"));
    require(::seccomp_export_bpf(context_.get(), file.get()), "seccomp_export_bpf");
    sys::check(::lseek(file.get(), 0, SEEK_SET), "lseek");
    return sys::read_all(file.get());
  }

 private:
  void add(const SeccompRule& rule) {
    if (rule.action == default_action_) return;  // says nothing, and libseccomp refuses it
    for (const std::string& call : rule.calls) {
      const int number = ::seccomp_syscall_resolve_name(call.c_str());
      if (number == __NR_SCMP_ERROR) continue;  // newer than this libseccomp: new_calls.h
      if (has_argument_twice(rule.arguments)) {
        for (const scmp_arg_cmp& argument : rule.arguments) add(rule.action, call, number, {argument});
      } else {
        add(rule.action, call, number, rule.arguments);
      }
    }
  }

  void add(uint32_t action, const std::string& call, int number, const std::vector<scmp_arg_cmp>& arguments) {
    const int result =
        ::seccomp_rule_add_array(context_.get(), action, number, static_cast<unsigned>(arguments.size()),
                                 arguments.empty() ? nullptr : arguments.data());
    // -EEXIST: given twice. -EDOM: not on one of the architectures.
    if (result != -EEXIST && result != -EDOM) require(result, call);
  }

  uint32_t default_action_;
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
};

bool is_known(const std::string& call) {
  return ::seccomp_syscall_resolve_name(call.c_str()) != __NR_SCMP_ERROR;
}

// libseccomp's actions are the kernel's values.
std::vector<NewCallRule> new_calls_of(const SeccompFilter& filter) {
  std::vector<NewCallRule> rules;
  for (const SeccompRule& rule : filter.rules) {
    for (const std::string& call : rule.calls) {
      if (!new_call_number(call)) continue;
      if (rule.arguments.empty()) {
        rules.push_back({call, rule.action});
      } else if (is_known(call)) {
        rules.push_back({call, std::nullopt});
      } else {
        throw Error(Error::Kind::kInvalid,
                    "system call " + call +
                        ": this host's libseccomp does not know it, so its "
                        "arguments cannot be looked at; leave \"args\" out or name another call");
      }
    }
  }
  return rules;
}

// The last call that is named: the rules were made before those after it, and say nothing of them. A filter
// that lets through what it does not name means them too.
uint32_t last_known(const SeccompFilter& filter) {
  for (const uint32_t open : {SCMP_ACT_ALLOW, SCMP_ACT_LOG, SCMP_ACT_TRACE(0)})
    if ((filter.default_action & SECCOMP_RET_ACTION_FULL) == open) return kAllCallsKnown;
  uint32_t last = 0;
  for (const SeccompRule& rule : filter.rules) {
    for (const std::string& call : rule.calls) {
      const int known = ::seccomp_syscall_resolve_name(call.c_str());
      last = std::max(last, new_call_number(call).value_or(known > 0 ? static_cast<uint32_t>(known) : 0));
    }
  }
  return last;
}

}  // namespace

std::string compile_call_by_call(const SeccompFilter& filter) {
  return with_new_calls(Compiler(filter).compiled(), new_calls_of(filter), filter.default_action,
                        last_known(filter), filter.architectures);
}

std::string compile(const SeccompFilter& filter) {
  std::string program = in_ranges(compile_call_by_call(filter));
  if (program.size() / sizeof(sock_filter) <= BPF_MAXINSNS) return program;
  throw Error(Error::Kind::kInvalid,
              "the filter would have " + std::to_string(program.size() / sizeof(sock_filter)) +
                  " instructions, and the kernel takes " + std::to_string(BPF_MAXINSNS) +
                  "; name fewer calls with arguments, or fewer architectures");
}

bool is_kernel_at_least(int major, int minor) {
  utsname names{};
  ::uname(&names);
  int own_major = 0, own_minor = 0;
  return std::sscanf(names.release, "%d.%d", &own_major, &own_minor) == 2 &&
         (own_major > major || (own_major == major && own_minor >= minor));
}

}  // namespace engine
