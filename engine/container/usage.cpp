#include "engine/container/usage.h"

#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <sstream>

#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

// Missing, or gone meanwhile: empty.
std::string text_of(const std::string& file) {
  try {
    return sys::read_file_if_exists(file).value_or("");
  } catch (const sys::Error&) {
    return "";
  }
}

int64_t number_in(const std::string& text) {
  return std::strtoll(text.c_str(), nullptr, 10);
}

// The number behind `key` at the beginning of a line.
int64_t field(const std::string& text, const std::string& key) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(key + ' ')) return number_in(line.substr(key.size() + 1));
  }
  return 0;
}

int64_t whole_memory() {
  struct sysinfo info {};
  ::sysinfo(&info);
  return static_cast<int64_t>(info.totalram) * info.mem_unit;
}

void add_v1(const std::string& folder, const std::string& controller, Usage& usage) {
  if (controller == "cpuacct") usage.cpu_ns = number_in(text_of(folder + "/cpuacct.usage"));
  if (controller == "pids") usage.pids = number_in(text_of(folder + "/pids.current"));
  if (controller == "memory") {
    const int64_t all = number_in(text_of(folder + "/memory.usage_in_bytes"));
    usage.memory = std::max<int64_t>(0, all - field(text_of(folder + "/memory.stat"), "total_inactive_file"));
    usage.memory_limit = number_in(text_of(folder + "/memory.limit_in_bytes"));
  }
  if (controller == "blkio") {
    // "8:0 Read 4096"
    std::istringstream words(text_of(folder + "/blkio.throttle.io_service_bytes_recursive"));
    for (std::string device, kind, bytes; words >> device >> kind >> bytes;) {
      if (kind == "Read") usage.block_read += number_in(bytes);
      if (kind == "Write") usage.block_written += number_in(bytes);
    }
  }
}

void add_v2(const std::string& folder, Usage& usage) {
  if (const std::string cpu = text_of(folder + "/cpu.stat"); usage.cpu_ns == 0)
    usage.cpu_ns = field(cpu, "usage_usec") * 1000;
  if (const std::string pids = text_of(folder + "/pids.current"); !pids.empty()) usage.pids = number_in(pids);
  if (const std::string memory = text_of(folder + "/memory.current"); !memory.empty()) {
    const int64_t idle = field(text_of(folder + "/memory.stat"), "inactive_file");
    usage.memory = std::max<int64_t>(0, number_in(memory) - idle);
    usage.memory_limit = number_in(text_of(folder + "/memory.max"));  // "max": 0
  }
  // "8:0 rbytes=4096 wbytes=0 rios=1 ..."
  std::istringstream words(text_of(folder + "/io.stat"));
  for (std::string word; words >> word;) {
    if (word.starts_with("rbytes=")) usage.block_read += number_in(word.substr(7));
    if (word.starts_with("wbytes=")) usage.block_written += number_in(word.substr(7));
  }
}

// "  eth0: RECEIVED packets errs drop fifo frame compressed multicast SENT ..."
void add_network(pid_t first, Usage& usage) {
  std::istringstream lines(text_of("/proc/" + std::to_string(first) + "/net/dev"));
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::istringstream name(line.substr(0, colon)), numbers(line.substr(colon + 1));
    std::string interface;
    name >> interface;
    if (interface == "lo") continue;
    int64_t value = 0;
    for (int column = 0; column < 9 && numbers >> value; ++column) {
      if (column == 0) usage.received += value;
      if (column == 8) usage.sent += value;
    }
  }
}

std::string terminal_name(int number) {
  // man 5 proc: minor in bits 31..20 and 7..0, major in 15..8; 136 to 143 are pseudo terminals.
  const int major = (number >> 8) & 0xfff, minor = (number & 0xff) | ((number >> 12) & 0xfff00);
  if (number == 0) return "?";
  if (major >= 136 && major <= 143) return "pts/" + std::to_string((major - 136) * 256 + minor);
  return std::to_string(major) + ',' + std::to_string(minor);
}

std::string command_of(const std::string& folder, const std::string& name) {
  std::string text = text_of(folder + "/cmdline");
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text.empty() ? '[' + name + ']' : text;
}

int64_t boot_time_ms() {
  timespec now{}, up{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  ::clock_gettime(CLOCK_BOOTTIME, &up);
  return (now.tv_sec - up.tv_sec) * 1000 + (now.tv_nsec - up.tv_nsec) / 1000000;
}

std::optional<Process> process_of(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  const std::string text = text_of(folder + "/stat");
  struct stat owner {};
  // The name is in brackets and may hold anything, brackets too.
  const size_t open = text.find('('), close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos || ::stat(folder.c_str(), &owner) != 0)
    return std::nullopt;
  std::istringstream words(text.substr(close + 1));
  std::vector<std::string> fields;  // from the third of man 5 proc on
  for (std::string word; words >> word;) fields.push_back(word);
  if (fields.size() < 20) return std::nullopt;
  const int64_t tick = std::max<int64_t>(1, ::sysconf(_SC_CLK_TCK));
  Process process;
  process.uid = owner.st_uid;
  process.pid = pid;
  process.parent = static_cast<pid_t>(number_in(fields[1]));
  process.terminal = terminal_name(static_cast<int>(number_in(fields[4])));
  process.cpu_ms = (number_in(fields[11]) + number_in(fields[12])) * 1000 / tick;
  process.started_ms = boot_time_ms() + number_in(fields[19]) * 1000 / tick;
  process.command = command_of(folder, text.substr(open + 1, close - open - 1));
  return process;
}

}  // namespace

Usage usage_of(const Cgroup& cgroup, pid_t first) {
  Usage usage;
  for (const CgroupHierarchy& hierarchy : cgroup.hierarchies()) {
    const std::string folder = cgroup.folder(hierarchy);
    for (const std::string& controller : hierarchy.controllers) add_v1(folder, controller, usage);
    if (hierarchy.v2) add_v2(folder, usage);
  }
  const int64_t machine = whole_memory();
  if (usage.memory_limit <= 0 || usage.memory_limit > machine) usage.memory_limit = machine;
  if (first > 0) add_network(first, usage);
  return usage;
}

std::vector<Process> processes_of(const Cgroup& cgroup) {
  std::vector<Process> found;
  for (const pid_t pid : cgroup.processes()) {
    if (const auto process = process_of(pid)) found.push_back(*process);
  }
  return found;
}

}  // namespace engine
