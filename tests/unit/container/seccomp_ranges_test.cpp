// A filter in ranges decides as libseccomp's own does: about each call of each architecture, and about what
// lies beside them.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "engine/container/seccomp.h"
#include "engine/container/seccomp_filter.h"
#include "engine/container/seccomp_ranges.h"
#include "engine/container/seccomp_rules.h"
#include "under_filter.h"

namespace {

using Program = std::vector<sock_filter>;

Program program_of(const std::string& bytes) {
  Program program(bytes.size() / sizeof(sock_filter));
  std::memcpy(program.data(), bytes.data(), program.size() * sizeof(sock_filter));
  return program;
}

std::string bytes_of(const Program& program) {
  return {reinterpret_cast<const char*>(program.data()), program.size() * sizeof(sock_filter)};
}

// As the kernel runs it.
uint32_t verdict(const Program& program, const seccomp_data& data) {
  uint32_t value = 0;
  for (size_t at = 0; at < program.size(); ++at) {
    const sock_filter& step = program[at];
    bool holds = false;
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&value, reinterpret_cast<const char*>(&data) + step.k, sizeof value);
        continue;
      case BPF_ALU | BPF_AND | BPF_K:
        value &= step.k;
        continue;
      case BPF_RET | BPF_K:
        return step.k;
      case BPF_JMP | BPF_JA:
        at += step.k;
        continue;
      case BPF_JMP | BPF_JEQ | BPF_K:
        holds = value == step.k;
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        holds = value > step.k;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        holds = value >= step.k;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        holds = (value & step.k) != 0;
        break;
      default:
        throw std::runtime_error("an instruction that no filter of ours has");
    }
    at += holds ? step.jt : step.jf;
  }
  throw std::runtime_error("the program does not end");
}

std::vector<uint32_t> numbers() {
  std::vector<uint32_t> numbers = {0x3fffffff, 0x7fffffff, 0x80000000, 0xbfffffff, 0xc0000000, 0xffffffff};
  for (const uint32_t mark : {0U, 0x40000000U, 0x80000000U, 0xc0000000U})
    for (uint32_t number = 0; number < 1100; ++number) numbers.push_back(mark | number);
  return numbers;
}

// How many calls the two decide differently about.
int differences(const Program& one, const Program& other) {
  const std::vector<uint64_t> arguments = {0,       2,         38,         39,         40,
                                           41,      46,        0x20000000, 0x7e020000, 0xffffffff,
                                           0x20008, 0x1000002, 1ULL << 32, ~0ULL,      0xdeadbeef00000028};
  int differences = 0;
  const std::vector<uint32_t> architectures = {
      AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, 0, ~0U};
  for (const uint32_t arch : architectures) {
    for (const uint32_t number : numbers()) {
      seccomp_data data{};
      data.nr = static_cast<int>(number);
      data.arch = arch;
      for (const uint64_t argument : arguments) {
        for (auto& value : data.args) value = argument;
        data.args[1] = argument + 1;
        differences += verdict(one, data) == verdict(other, data) ? 0 : 1;
      }
    }
  }
  return differences;
}

std::vector<std::string> usual_calls() {
  const auto calls = engine::plainly_allowed();
  return {calls.begin(), calls.end()};
}

// Beside the native one.
const std::vector<std::vector<uint32_t>> kArchitectures = {
    {}, {SCMP_ARCH_X86}, {SCMP_ARCH_X32}, {SCMP_ARCH_X86, SCMP_ARCH_X32}, {SCMP_ARCH_X86, SCMP_ARCH_AARCH64}};

void check(const engine::SeccompFilter& filter) {
  const Program long_one = program_of(engine::compile_call_by_call(filter));
  const Program ranges = program_of(engine::compile(filter));
  CAPTURE(filter.architectures.size(), filter.rules.size(), long_one.size(), ranges.size());
  CHECK(ranges.size() <= long_one.size());
  CHECK(differences(long_one, ranges) == 0);
  // The kernel checks it once more; it may refuse what the test does.
  CHECK(container_test::under_filter(bytes_of(ranges), SYS_getppid) != 254);
}

}  // namespace

TEST_CASE("A filter in ranges decides as the one call by call, about usual calls") {
  for (const std::vector<uint32_t>& architectures : kArchitectures) {
    engine::SeccompFilter filter;
    filter.architectures = architectures;
    filter.rules.push_back({usual_calls()});
    for (const uint64_t persona : {0x0ULL, 0x0008ULL, 0x20000ULL, 0x20008ULL, 0xffffffffULL})
      filter.rules.push_back({{"personality"}, SCMP_ACT_ALLOW, {SCMP_A0(SCMP_CMP_EQ, persona)}});
    for (uint64_t family = 0; family < 46; ++family)
      if (family != 38 && family != 40)
        filter.rules.push_back(
            {{"socket"}, SCMP_ACT_ALLOW, {SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, family)}});
    filter.rules.push_back({{"clone"}, SCMP_ACT_ALLOW, {SCMP_A0(SCMP_CMP_MASKED_EQ, 0x7e020000, 0)}});
    filter.rules.push_back({{"clone3"}, SCMP_ACT_ERRNO(ENOSYS)});
    check(filter);
    // A third of it, since this is what it is for.
    CHECK(engine::compile(filter).size() * 5 < engine::compile_call_by_call(filter).size() * 2);
  }
}

TEST_CASE("A filter in ranges decides as the one call by call, whatever the actions and arguments") {
  for (const std::vector<uint32_t>& architectures : kArchitectures) {
    for (const uint32_t otherwise :
         {SCMP_ACT_ALLOW, SCMP_ACT_KILL_PROCESS, SCMP_ACT_ERRNO(7), SCMP_ACT_LOG}) {
      engine::SeccompFilter filter;
      filter.default_action = otherwise;
      filter.architectures = architectures;
      check(filter);
      // Each third call its own way, so that hardly two neighbours are alike.
      const std::vector<std::string> calls = usual_calls();
      for (size_t i = 0; i < calls.size(); ++i) {
        const uint32_t action = SCMP_ACT_ERRNO(static_cast<uint32_t>(i % 5 + 1));
        if (i % 3 == 0) filter.rules.push_back({{calls[i]}, action});
        if (i % 31 == 1) filter.rules.push_back({{calls[i]}, action, {SCMP_A0(SCMP_CMP_GT, 39)}});
        if (i % 31 == 2) filter.rules.push_back({{calls[i]}, action, {SCMP_A1(SCMP_CMP_LE, 1ULL << 32)}});
        if (i % 31 == 4)
          filter.rules.push_back({{calls[i]}, action, {SCMP_A0(SCMP_CMP_NE, 2), SCMP_A2(SCMP_CMP_GE, 40)}});
      }
      filter.rules.push_back({{"cachestat", "mseal"}, SCMP_ACT_TRAP});
      check(filter);
    }
  }
}

TEST_CASE("A program that is not one of libseccomp's stays as it is") {
  const sock_filter allow{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}, refuse{BPF_RET | BPF_K, 0, 0, 0};
  const sock_filter number{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)};
  const sock_filter arch{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, arch)};
  const auto test = [](unsigned code, uint32_t value) {
    return sock_filter{static_cast<uint16_t>(BPF_JMP | BPF_K | code), 0, 1, value};
  };
  const sock_filter add{BPF_ALU | BPF_ADD | BPF_K, 0, 0, 1},
      other_mask{BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xff};
  // Each has steps to spare, so that it could become shorter.
  const sock_filter none{BPF_JMP | BPF_JA, 0, 0, 0};
  for (Program program : std::vector<Program>{{number, add, test(BPF_JEQ, 3), allow, refuse},
                                              {number, other_mask, test(BPF_JEQ, 3), allow, refuse},
                                              {number, test(BPF_JSET, 2), allow, refuse},
                                              {arch, test(BPF_JGE, 3), allow, refuse},
                                              {arch, test(BPF_JEQ, 0), allow, refuse},
                                              {test(BPF_JEQ, 0), allow, refuse},
                                              {number, test(BPF_JEQ, 3), allow}}) {
    program.insert(program.begin(), 30, none);
    CHECK(engine::in_ranges(bytes_of(program)) == bytes_of(program));
  }
  Program usual = {number, test(BPF_JEQ, 3), allow, refuse};
  usual.insert(usual.begin(), 30, none);
  CHECK(engine::in_ranges(bytes_of(usual)).size() < bytes_of(usual).size());
}
