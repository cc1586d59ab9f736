#include "parser/names.h"

#include <csignal>
#include <cstring>

#include <algorithm>
#include <cctype>
#include <vector>

#include "parser/load.h"
#include "parser/units.h"

namespace parser {

namespace {

const std::vector<std::string>& capabilities() {
  static const std::vector<std::string> kNames = {"ALL",
                                                  "AUDIT_CONTROL",
                                                  "AUDIT_READ",
                                                  "AUDIT_WRITE",
                                                  "BLOCK_SUSPEND",
                                                  "BPF",
                                                  "CHECKPOINT_RESTORE",
                                                  "CHOWN",
                                                  "DAC_OVERRIDE",
                                                  "DAC_READ_SEARCH",
                                                  "FOWNER",
                                                  "FSETID",
                                                  "IPC_LOCK",
                                                  "IPC_OWNER",
                                                  "KILL",
                                                  "LEASE",
                                                  "LINUX_IMMUTABLE",
                                                  "MAC_ADMIN",
                                                  "MAC_OVERRIDE",
                                                  "MKNOD",
                                                  "NET_ADMIN",
                                                  "NET_BIND_SERVICE",
                                                  "NET_BROADCAST",
                                                  "NET_RAW",
                                                  "PERFMON",
                                                  "SETFCAP",
                                                  "SETGID",
                                                  "SETPCAP",
                                                  "SETUID",
                                                  "SYSLOG",
                                                  "SYS_ADMIN",
                                                  "SYS_BOOT",
                                                  "SYS_CHROOT",
                                                  "SYS_MODULE",
                                                  "SYS_NICE",
                                                  "SYS_PACCT",
                                                  "SYS_PTRACE",
                                                  "SYS_RAWIO",
                                                  "SYS_RESOURCE",
                                                  "SYS_TIME",
                                                  "SYS_TTY_CONFIG",
                                                  "WAKE_ALARM"};
  return kNames;
}

std::vector<std::string> signal_names() {
  std::vector<std::string> names;
  for (int number = 1; number < SIGRTMIN; ++number)
    if (const char* name = sigabbrev_np(number)) names.push_back(std::string("SIG") + name);
  names.insert(names.end(), {"SIGRTMIN", "SIGRTMAX"});
  return names;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

bool in(char c, const char* also) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr(also, c) != nullptr;
}

bool is_real_time_signal(const std::string& name) {
  const bool from_first = name.rfind("SIGRTMIN+", 0) == 0;
  if (!from_first && name.rfind("SIGRTMAX-", 0) != 0) return false;
  const auto offset = read_integer(name.substr(std::strlen("SIGRTMIN+")));
  return offset && *offset >= 0 && *offset <= SIGRTMAX - SIGRTMIN;
}

}  // namespace

std::string normal_capability(const std::string& name) {
  std::string plain = upper(name);
  if (plain.rfind("CAP_", 0) == 0) plain.erase(0, std::strlen("CAP_"));
  const auto& known = capabilities();
  if (std::find(known.begin(), known.end(), plain) != known.end()) return plain;
  throw ValueError("unknown capability '" + name + "'", did_you_mean(plain, known));
}

void check_signal(const std::string& name) {
  if (const auto number = read_integer(name)) {
    if (*number >= 1 && *number <= SIGRTMAX) return;
    throw ValueError("signal " + name + " is out of range (1 to " + std::to_string(SIGRTMAX) + ")");
  }
  std::string full = upper(name);
  if (full.rfind("SIG", 0) != 0) full = "SIG" + full;
  const std::vector<std::string> known = signal_names();
  if (std::find(known.begin(), known.end(), full) != known.end() || is_real_time_signal(full)) return;
  throw ValueError("unknown signal '" + name + "'", did_you_mean(full, known));
}

void check_key(const std::string& what, const std::string& name) {
  if (!name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return in(c, "._-"); })) return;
  throw ValueError("invalid " + what + " name '" + name + "'",
                   "letters, digits, '.', '_' and '-' are allowed");
}

void check_engine_name(const std::string& what, const std::string& name) {
  const bool good = !name.empty() && in(name[0], "") &&
                    std::all_of(name.begin(), name.end(), [](char c) { return in(c, "._-"); });
  if (!good)
    throw ValueError("invalid " + what + " '" + name + "'",
                     "letters, digits, '.', '_' and '-' are allowed, the first must be a letter or digit");
}

std::string derive_project_name(const std::string& folder) {
  std::string name;
  for (unsigned char c : folder) {
    const char small = static_cast<char>(std::tolower(c));
    if (in(small, "_-") && (!name.empty() || in(small, ""))) name += small;
  }
  return name;
}

void check_project_name(const std::string& name) {
  const std::string good = derive_project_name(name);
  if (!name.empty() && good == name) return;
  throw ValueError("invalid project name '" + name +
                       "': lower-case letters, digits, '-' and '_' are allowed, "
                       "the first must be a letter or digit",
                   good.empty() ? "" : "did you mean '" + good + "'?");
}

}  // namespace parser
