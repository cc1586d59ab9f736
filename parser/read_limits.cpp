// How much of processor and memory a container gets. Source: Compose Specification; Docker Engine manual,
// "Runtime constraints on resources"; cgroups(7).
#include "parser/attribute.h"
#include "parser/units.h"

namespace parser {

namespace {

// Microseconds, as a number or a duration ("400ms").
int64_t microseconds(const At& at) {
  if (const auto number = read_integer(at.node.text)) return *number;
  return std::chrono::duration_cast<std::chrono::microseconds>(parse_duration(at.node.text)).count();
}

int64_t bounded(const At& at, const std::string& what, int64_t least, int64_t most) {
  const int64_t value = microseconds(at);
  if (value == 0 || (value >= least && value <= most)) return value;
  const std::string from = std::to_string(least);
  throw ValueError(what + " " + at.node.text + " is out of range (" +
                   (most == INT64_MAX ? from + " microseconds or more)"
                                      : from + " to " + std::to_string(most) + " microseconds)"));
}

constexpr int64_t kShortest = 1'000;     // 1 ms
constexpr int64_t kLongest = 1'000'000;  // 1 s
constexpr int kMostProcessors = 8192;    // CONFIG_NR_CPUS

int processor(const std::string& text, const std::string& whole) {
  const auto number = read_integer(text);
  if (!number || *number < 0 || *number >= kMostProcessors || text[0] == '+')
    throw ValueError("invalid list of processors '" + whole + "'", "write numbers and ranges: 0-3,5");
  return static_cast<int>(*number);
}

}  // namespace

void read_cpus(const At& at) {
  at.service.cpus = at.reader.number(at.node, at.path);
}

void read_cpu_period(const At& at) {
  at.service.cpu_period = bounded(at, "cpu_period", kShortest, kLongest);
}

// Below 0: no limit.
void read_cpu_quota(const At& at) {
  const int64_t quota = microseconds(at);
  at.service.cpu_quota = quota < 0 ? -1 : bounded(at, "cpu_quota", kShortest, INT64_MAX);
}

void read_cpu_rt_period(const At& at) {
  at.service.cpu_rt_period = bounded(at, "cpu_rt_period", 1, INT64_MAX);
}

void read_cpu_rt_runtime(const At& at) {
  at.service.cpu_rt_runtime = bounded(at, "cpu_rt_runtime", 1, INT64_MAX);
}

void read_cpu_percent(const At& at) {
  constexpr double kAll = 100;
  at.service.cpu_percent = at.reader.number(at.node, at.path);
  if (at.service.cpu_percent > kAll)
    throw ValueError("cpu_percent " + at.node.text + " is out of range (0 to 100)");
}

// "0-3,5"; cpuset(7), "List format".
void read_cpuset(const At& at) {
  std::string rest = at.node.text;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    const std::string range = rest.substr(0, comma);
    const size_t dash = range.find('-');
    const int first = processor(range.substr(0, dash), at.node.text);
    if (dash != std::string::npos && processor(range.substr(dash + 1), at.node.text) < first)
      throw ValueError("range '" + range + "' of processors runs backwards");
    if (comma == std::string::npos) break;
    rest.erase(0, comma + 1);
    if (rest.empty()) processor("", at.node.text);
  }
  at.service.cpuset = at.node.text;
}

void read_memswap_limit(const At& at) {
  at.service.memswap_limit = at.node.text == "-1" ? -1 : parse_bytes(at.node.text);
}

// -1: not given, for docker.
void read_mem_swappiness(const At& at) {
  constexpr int kMost = 100;
  const int64_t value = at.reader.integer(at.node, at.path, -1, kMost);
  if (value >= 0) at.service.mem_swappiness = static_cast<int>(value);
}

}  // namespace parser
