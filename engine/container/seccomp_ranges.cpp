#include "engine/container/seccomp_ranges.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

namespace engine {

namespace {

using Program = std::vector<sock_filter>;

constexpr uint32_t kX32Bit = 0x40000000;
// A conditional jump reaches 255 steps; some are left for jumps that come in between.
constexpr size_t kNear = 250;

constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS, kReturn = BPF_RET | BPF_K, kJump = BPF_JMP | BPF_JA,
                   kAnd = BPF_ALU | BPF_AND | BPF_K;

bool is_test(uint16_t code) {
  return code == (BPF_JMP | BPF_JEQ | BPF_K) || code == (BPF_JMP | BPF_JGT | BPF_K) ||
         code == (BPF_JMP | BPF_JGE | BPF_K) || code == (BPF_JMP | BPF_JSET | BPF_K);
}

bool holds(const sock_filter& test, uint32_t value) {
  switch (BPF_OP(test.code)) {
    case BPF_JEQ:
      return value == test.k;
    case BPF_JGT:
      return value > test.k;
    case BPF_JGE:
      return value >= test.k;
    default:
      return (value & test.k) != 0;
  }
}

// What a program comes to where it knows the architecture and the number only.
struct Outcome {
  bool is_verdict = true;
  uint32_t value = 0;  // SECCOMP_RET_*, or the step that loads an argument
  bool operator==(const Outcome&) const = default;
  bool operator<(const Outcome& other) const {
    return std::tie(is_verdict, value) < std::tie(other.is_verdict, other.value);
  }
};

struct Range {
  uint32_t first;  // up to the next one's
  Outcome outcome;
};

// Thrown for what a filter of ours does not do; the program stays as it is then.
struct Unusual {};

class Reader {
 public:
  explicit Reader(const Program& program) : program_(program) {
    for (uint32_t quarter = 0; quarter < 4; ++quarter) note(quarter, 0);
    for (const sock_filter& step : program) {
      if (!is_test(step.code)) continue;
      for (uint32_t quarter = 0; quarter < 4; ++quarter) {
        note(quarter, step.k);
        note(quarter, step.k + 1);
      }
    }
  }

  std::vector<Range> ranges(uint32_t arch) {
    std::vector<Range> ranges;
    for (const uint32_t number : numbers_) {
      const Outcome outcome = decide(arch, number);
      if (ranges.empty() || ranges.back().outcome != outcome) ranges.push_back({number, outcome});
    }
    return ranges;
  }

  // Those that the program has been seen to ask for.
  const std::set<uint32_t>& architectures() const { return architectures_; }

 private:
  enum class Holds { kNothing, kNumber, kArchitecture };

  // Decisions change at numbers that are compared with, before and after x32's bit is taken off, only.
  void note(uint32_t quarter, uint32_t number) { numbers_.insert(quarter << 30 | (number & (kX32Bit - 1))); }

  Outcome decide(uint32_t arch, uint32_t number) {
    uint32_t value = 0;
    Holds what = Holds::kNothing;
    for (size_t at = 0; at < program_.size();) {
      const sock_filter& step = program_[at];
      if (step.code == kReturn) return {true, step.k};
      if (step.code == kJump) {
        at += 1 + size_t{step.k};
      } else if (step.code == kLoad) {
        if (step.k != offsetof(seccomp_data, nr) && step.k != offsetof(seccomp_data, arch))
          return {false, static_cast<uint32_t>(at)};
        what = step.k == offsetof(seccomp_data, nr) ? Holds::kNumber : Holds::kArchitecture;
        value = what == Holds::kNumber ? number : arch;
        ++at;
      } else if (step.code == kAnd && what == Holds::kNumber && step.k == ~kX32Bit) {
        value &= step.k;
        ++at;
      } else if (is_test(step.code)) {
        look_at(step, what);
        at += 1 + size_t{holds(step, value) ? step.jt : step.jf};
      } else {
        throw Unusual();
      }
    }
    throw Unusual();
  }

  void look_at(const sock_filter& test, Holds what) {
    const bool is_equal = BPF_OP(test.code) == BPF_JEQ, is_bit = BPF_OP(test.code) == BPF_JSET;
    if (what == Holds::kArchitecture && is_equal) {
      architectures_.insert(test.k);
    } else if (what != Holds::kNumber || (is_bit && test.k != kX32Bit)) {
      throw Unusual();
    }
  }

  const Program& program_;
  std::set<uint32_t> numbers_, architectures_;
};

// Steps are added from the last to the first, as jumps go forward only.
class Writer {
 public:
  explicit Writer(const Program& program) : program_(program) {}

  // The steps that what begins at `starts` can come to, in their order.
  void take_over(const std::set<uint32_t>& starts) {
    std::set<uint32_t> steps;
    std::vector<uint32_t> open(starts.begin(), starts.end());
    while (!open.empty()) {
      const uint32_t at = open.back();
      open.pop_back();
      if (at >= program_.size()) throw Unusual();
      if (!steps.insert(at).second) continue;
      const sock_filter& step = program_[at];
      if (step.code == kJump) {
        open.push_back(at + 1 + step.k);
      } else if (step.code == kLoad || step.code == kAnd) {
        open.push_back(at + 1);
      } else if (is_test(step.code)) {
        open.push_back(at + 1 + step.jt);
        open.push_back(at + 1 + step.jf);
      } else if (step.code != kReturn) {
        throw Unusual();
      }
    }
    for (auto at = steps.rbegin(); at != steps.rend(); ++at) {
      sock_filter step = program_[*at];
      if (step.code == kJump) step.k = static_cast<uint32_t>(distance(taken_.at(*at + 1 + step.k)));
      if (is_test(step.code)) {
        step.jt = static_cast<uint8_t>(distance(taken_.at(*at + 1 + step.jt)));
        step.jf = static_cast<uint8_t>(distance(taken_.at(*at + 1 + step.jf)));
      }
      taken_[*at] = add(step);
    }
  }

  // The number is loaded first.
  size_t tree(const std::vector<Range>& ranges) {
    const size_t root = near(tree(ranges.data(), ranges.size()));
    if (distance(root) > 0) add_jump(root);
    return add({kLoad, 0, 0, offsetof(seccomp_data, nr)});
  }

  void dispatch(const std::map<uint32_t, size_t>& trees, size_t otherwise) {
    if (distance(otherwise) > 0) add_jump(otherwise);
    for (const auto& [arch, root] : trees) {
      add_jump(root);
      add({BPF_JMP | BPF_JEQ | BPF_K, 0, 1, arch});
    }
    add({kLoad, 0, 0, offsetof(seccomp_data, arch)});
  }

  Program program() const { return {steps_.rbegin(), steps_.rend()}; }

 private:
  size_t add(const sock_filter& step) {
    steps_.push_back(step);
    return steps_.size() - 1;
  }
  size_t add_jump(size_t target) { return add({kJump, 0, 0, static_cast<uint32_t>(distance(target))}); }
  // What a jump that is added next has to skip.
  size_t distance(size_t target) const { return steps_.size() - 1 - target; }
  size_t near(size_t target) { return distance(target) > kNear ? add_jump(target) : target; }

  size_t tree(const Range* ranges, size_t count) {
    if (count == 1) return leaf(ranges->outcome);
    const size_t half = count / 2;
    const size_t upper = tree(ranges + half, count - half);
    const size_t lower = near(tree(ranges, half));
    const size_t upper_near = near(upper);
    return add({BPF_JMP | BPF_JGE | BPF_K, static_cast<uint8_t>(distance(upper_near)),
                static_cast<uint8_t>(distance(lower)), ranges[half].first});
  }

  size_t leaf(const Outcome& outcome) {
    const auto known = leaves_.find(outcome);
    if (known != leaves_.end() && distance(known->second) <= kNear) return known->second;
    const size_t made =
        outcome.is_verdict ? add({kReturn, 0, 0, outcome.value}) : near(taken_.at(outcome.value));
    return leaves_[outcome] = made;
  }

  const Program& program_;
  Program steps_;  // the last one first
  std::map<uint32_t, size_t> taken_;
  std::map<Outcome, size_t> leaves_;
};

Program rewritten(const Program& program) {
  Reader reader(program);
  std::map<uint32_t, std::vector<Range>> by_arch;
  // Any that is not asked for stands for all others.
  constexpr uint32_t kOther = 0;
  std::vector<Range> others = reader.ranges(kOther);
  // Each may have the program ask for more.
  for (bool is_more = true; is_more;) {
    is_more = false;
    for (const uint32_t arch : std::set<uint32_t>(reader.architectures())) {
      if (arch == kOther) throw Unusual();
      if (by_arch.count(arch) != 0) continue;
      by_arch[arch] = reader.ranges(arch);
      is_more = true;
    }
  }
  std::set<uint32_t> arguments;
  const auto note_arguments = [&](const std::vector<Range>& ranges) {
    for (const Range& range : ranges)
      if (!range.outcome.is_verdict) arguments.insert(range.outcome.value);
  };
  note_arguments(others);
  for (const auto& [arch, ranges] : by_arch) note_arguments(ranges);
  Writer writer(program);
  writer.take_over(arguments);
  std::map<uint32_t, size_t> trees;
  for (const auto& [arch, ranges] : by_arch) trees[arch] = writer.tree(ranges);
  writer.dispatch(trees, writer.tree(others));
  return writer.program();
}

}  // namespace

std::string in_ranges(const std::string& program) {
  Program steps(program.size() / sizeof(sock_filter));
  std::memcpy(steps.data(), program.data(), steps.size() * sizeof(sock_filter));
  try {
    const Program ranges = rewritten(steps);
    if (ranges.size() >= steps.size()) return program;
    return {reinterpret_cast<const char*>(ranges.data()), ranges.size() * sizeof(sock_filter)};
  } catch (const Unusual&) {
    return program;
  }
}

}  // namespace engine
