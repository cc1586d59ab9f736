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
constexpr uint32_t kFirst = kNewCalls.front().second, kLast = kNewCalls.back().second;
constexpr uint32_t kX32Bit = 0x40000000;

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

// The decision, with the number in the accumulator.
std::vector<sock_filter> verdict(const std::vector<std::string_view>& allowed, uint32_t otherwise) {
  std::vector<sock_filter> program = {jump(BPF_JGT, kLast, 0, 1),
                                      statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)};
  std::vector<uint32_t> numbers;
  for (const std::string_view name : allowed)
    if (const auto number = new_call_number(name)) numbers.push_back(*number);
  for (size_t i = 0; i < numbers.size(); ++i)
    program.push_back(jump(BPF_JEQ, numbers[i], numbers.size() - i, 0));
  program.push_back(statement(BPF_RET | BPF_K, otherwise));
  program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return program;
}

}  // namespace

std::optional<uint32_t> new_call_number(std::string_view name) {
  const auto* const found =
      std::find_if(kNewCalls.begin(), kNewCalls.end(), [&](const auto& call) { return call.first == name; });
  if (found == kNewCalls.end()) return std::nullopt;
  return found->second;
}

std::string with_new_calls(const std::string& compiled, const std::vector<std::string_view>& allowed,
                           uint32_t otherwise) {
  const std::optional<Architectures> ours = architectures();
  if (!ours) return compiled;
  std::vector<sock_filter> program;
  std::vector<size_t> to_compiled;  // whose "false" leads there
  const auto add = [&](sock_filter step) { program.push_back(step); };
  const auto require = [&](unsigned test, uint32_t value) {
    to_compiled.push_back(program.size());
    add(jump(test, value, 0, 0));
  };
  const sock_filter number = statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  // Nearly every call is an old one and leaves after these two.
  add(number);
  require(BPF_JGE, kFirst);
  // Architectures we do not know are libseccomp's to refuse.
  add(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)));
  add(jump(BPF_JEQ, ours->native, 1, 0));
  require(BPF_JEQ, ours->compat);
  add(number);
  if (ours->native == SCMP_ARCH_X86_64) {
    add(statement(BPF_ALU | BPF_AND | BPF_K, ~kX32Bit));
    require(BPF_JGE, kFirst);
  }
  for (const sock_filter& step : verdict(allowed, otherwise)) add(step);
  for (const size_t from : to_compiled) program[from].jf = static_cast<uint8_t>(program.size() - from - 1);
  return std::string(reinterpret_cast<const char*>(program.data()), program.size() * sizeof(sock_filter)) +
         compiled;
}

}  // namespace engine
