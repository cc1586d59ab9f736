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

const std::vector<std::string>& systems() {
  static const std::vector<std::string> kAll = {"linux",   "windows",   "darwin",  "freebsd", "netbsd",
                                                "openbsd", "dragonfly", "solaris", "illumos", "aix",
                                                "plan9",   "android",   "wasi",    "wasip1",  "js"};
  return kAll;
}
// GOARCH, and what else is said for them.
const std::vector<std::string>& architectures() {
  static const std::vector<std::string> kAll = {
      "amd64",   "x86_64", "x86-64", "386",  "i386",   "arm64",  "aarch64",  "arm",     "armhf",   "armel",
      "ppc64le", "ppc64",  "s390x",  "mips", "mipsle", "mips64", "mips64le", "riscv64", "loong64", "wasm"};
  return kAll;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_real_time_signal(const std::string& name) {
  const bool from_first = name.rfind("SIGRTMIN+", 0) == 0;
  if (!from_first && name.rfind("SIGRTMAX-", 0) != 0) return false;
  const auto offset = read_integer(name.substr(std::strlen("SIGRTMIN+")));
  return offset && *offset >= 0 && *offset <= SIGRTMAX - SIGRTMIN;
}

}  // namespace

void check_word(const std::string& what, const std::string& word, const std::vector<std::string>& known,
                const std::string& hint) {
  if (contains(known, word)) return;
  std::string way_out = did_you_mean(word, known);
  if (way_out.empty()) way_out = hint;
  if (way_out.empty())
    for (const std::string& name : known)
      way_out += (!way_out.empty() ? ", " : known.size() == 1 ? "known is " : "known are ") + name;
  throw ValueError("unknown " + what + " '" + word + "'", way_out);
}

void check_platform(const std::string& text) {
  const size_t slash = text.find('/');
  const std::string first = text.substr(0, slash);
  if (slash == std::string::npos) {
    if (contains(architectures(), first)) return;
    check_word("platform", first, systems(), "write os/architecture[/variant]: linux/arm64");
    return;
  }
  const size_t second = text.find('/', slash + 1);
  const std::string variant = second == std::string::npos ? "" : text.substr(second + 1);
  const bool good_variant =
      second == std::string::npos ||
      (!variant.empty() && std::all_of(variant.begin(), variant.end(), [](char c) { return in(c, ".-_"); }));
  if (!good_variant)
    throw ValueError("invalid platform '" + text + "'", "write os/architecture[/variant]: linux/arm/v7");
  check_word("operating system", first.substr(0, first.find('(')), systems());
  check_word("architecture",
             text.substr(slash + 1, second == std::string::npos ? second : second - slash - 1),
             architectures());
}

std::string normal_capability(const std::string& name) {
  std::string plain = upper(name);
  if (plain.rfind("CAP_", 0) == 0) plain.erase(0, std::strlen("CAP_"));
  const auto& known = capabilities();
  if (contains(known, plain)) return plain;
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
  if (contains(known, full) || is_real_time_signal(full)) return;
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
