#include "engine/container/new_calls.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

namespace engine {

namespace {

constexpr std::array<std::pair<std::string_view, uint32_t>, 19> kNewCalls = {{{"cachestat", 451},
                                                                              {"fchmodat2", 452},
                                                                              {"map_shadow_stack", 453},
                                                                              {"futex_wake", 454},
                                                                              {"futex_wait", 455},
                                                                              {"futex_requeue", 456},
                                                                              {"statmount", 457},
                                                                              {"listmount", 458},
                                                                              {"lsm_get_self_attr", 459},
                                                                              {"lsm_set_self_attr", 460},
                                                                              {"lsm_list_modules", 461},
                                                                              {"mseal", 462},
                                                                              {"setxattrat", 463},
                                                                              {"getxattrat", 464},
                                                                              {"listxattrat", 465},
                                                                              {"removexattrat", 466},
                                                                              {"open_tree_attr", 467},
                                                                              {"file_getattr", 468},
                                                                              {"file_setattr", 469}}};
// From here on numbers are the same everywhere.
constexpr uint32_t kFirstCommon = 403;
// x32's mark, and numbers that only it has.
constexpr uint32_t kX32Bit = 0x40000000, kFirstOfX32 = 512, kLastOfX32 = 547;

// Those whose programs run here and whose numbers are as above.
struct Architectures {
  uint32_t native, compat;
};

std::optional<Architectures> architectures() {
  switch (::seccomp_arch_native()) {
    case SCMP_ARCH_X86_64:
      return Architectures{SCMP_ARCH_X86_64, SCMP_ARCH_X86};
    case SCMP_ARCH_AARCH64:
      return Architectures{SCMP_ARCH_AARCH64, SCMP_ARCH_ARM};
    case SCMP_ARCH_RISCV64:
      return Architectures{SCMP_ARCH_RISCV64, SCMP_ARCH_RISCV64};
    default:
      return std::nullopt;
  }
}

sock_filter statement(unsigned code, uint32_t value) {
  return {static_cast<uint16_t>(code), 0, 0, value};
}

sock_filter jump(unsigned test, uint32_t value, size_t if_true, size_t if_false) {
  return {static_cast<uint16_t>(BPF_JMP | BPF_K | test), static_cast<uint8_t>(if_true),
          static_cast<uint8_t>(if_false), value};
}

// A program in front of another one.
class Preface {
 public:
  void add(sock_filter step) { steps_.push_back(step); }
  // Goes on, or leaves the decision to the program behind.
  void go_on_if(unsigned test, uint32_t value) {
    leaving_.push_back({steps_.size(), false});
    add(jump(test, value, 0, 0));
  }
  void leave_if(unsigned test, uint32_t value) {
    leaving_.push_back({steps_.size(), true});
    add(jump(test, value, 0, 0));
  }
  std::string before(const std::string& program) {
    for (const Leaving& leaving : leaving_) {
      sock_filter& step = steps_[leaving.step];
      (leaving.when ? step.jt : step.jf) = static_cast<uint8_t>(steps_.size() - leaving.step - 1);
    }
    return std::string(reinterpret_cast<const char*>(steps_.data()), steps_.size() * sizeof(sock_filter)) +
           program;
  }

 private:
  struct Leaving {
    size_t step;
    bool when;
  };
  std::vector<sock_filter> steps_;
  std::vector<Leaving> leaving_;
};

}  // namespace

std::optional<uint32_t> new_call_number(std::string_view name) {
  const auto* const found =
      std::find_if(kNewCalls.begin(), kNewCalls.end(), [&](const auto& call) { return call.first == name; });
  if (found == kNewCalls.end()) return std::nullopt;
  return found->second;
}

std::string with_new_calls(const std::string& compiled, const std::vector<NewCallRule>& rules,
                           uint32_t otherwise, uint32_t last_known, const std::vector<uint32_t>& others) {
  const auto has = [&](uint32_t arch) {
    return std::find(others.begin(), others.end(), arch) != others.end();
  };
  const std::optional<Architectures> ours = architectures();
  if (!ours) return compiled;
  last_known = std::max(last_known, kFirstCommon - 1);
  const uint32_t first = std::min(kNewCalls.front().second, last_known + 1);
  const sock_filter number = statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  Preface preface;
  // Nearly every call is an old one and leaves after these two.
  preface.add(number);
  preface.go_on_if(BPF_JGE, first);
  // Architectures that are not ours are libseccomp's to refuse.
  preface.add(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)));
  if (has(ours->compat)) {
    preface.add(jump(BPF_JEQ, ours->native, 1, 0));
    preface.go_on_if(BPF_JEQ, ours->compat);
  } else {
    preface.go_on_if(BPF_JEQ, ours->native);
  }
  preface.add(number);
  if (ours->native == SCMP_ARCH_X86_64 && !has(SCMP_ARCH_X32)) preface.leave_if(BPF_JSET, kX32Bit);
  if (ours->native == SCMP_ARCH_X86_64 && has(SCMP_ARCH_X32)) {
    preface.add(jump(BPF_JSET, kX32Bit, 0, 4));
    preface.add(statement(BPF_ALU | BPF_AND | BPF_K, ~kX32Bit));
    preface.go_on_if(BPF_JGE, first);
    preface.add(jump(BPF_JGT, kLastOfX32, 1, 0));
    preface.leave_if(BPF_JGE, kFirstOfX32);
  }
  const auto decide = [&](unsigned test, uint32_t value, uint32_t verdict) {
    preface.add(jump(test, value, 0, 1));
    preface.add(statement(BPF_RET | BPF_K, verdict));
  };
  decide(BPF_JGT, last_known, SECCOMP_RET_ERRNO | ENOSYS);
  std::vector<uint32_t> decided;  // once each, as a jump over all of it reaches 255 steps far
  for (const NewCallRule& rule : rules) {
    const auto known = new_call_number(rule.name);
    if (!known || std::find(decided.begin(), decided.end(), *known) != decided.end()) continue;
    decided.push_back(*known);
    if (rule.verdict) {
      decide(BPF_JEQ, *known, *rule.verdict);
    } else {
      preface.leave_if(BPF_JEQ, *known);
    }
  }
  preface.add(statement(BPF_RET | BPF_K, otherwise));
  return preface.before(compiled);
}

}  // namespace engine
