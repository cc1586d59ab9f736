// Who the program is and what it was given.
#include <dirent.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>
#include <sstream>
#include <vector>

#include "probe.h"

extern char** environ;

namespace probe {

namespace {

std::string number(uint64_t value) {
  return value == RLIM_INFINITY ? "unlimited" : std::to_string(value);
}

void show_status() {
  const std::set<std::string> wanted = {"Umask",
                                        "Uid",
                                        "Gid",
                                        "Groups",
                                        "SigBlk",
                                        "SigIgn",
                                        "CapInh",
                                        "CapPrm",
                                        "CapEff",
                                        "CapBnd",
                                        "CapAmb",
                                        "NoNewPrivs",
                                        "Seccomp",
                                        "Seccomp_filters",
                                        "Speculation_Store_Bypass",
                                        "SpeculationIndirectBranch"};
  std::istringstream lines(read_text("/proc/self/status"));
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos || !wanted.contains(line.substr(0, colon))) continue;
    std::string value = line.substr(std::min(line.find_first_not_of(" \t", colon + 1), line.size()));
    std::replace(value.begin(), value.end(), '\t', ' ');
    while (!value.empty() && value.back() == ' ') value.pop_back();
    row("status." + line.substr(0, colon), value);
  }
}

void show_limits() {
  const std::pair<const char*, int> limits[] = {
      {"as", RLIMIT_AS},           {"core", RLIMIT_CORE},         {"cpu", RLIMIT_CPU},
      {"data", RLIMIT_DATA},       {"fsize", RLIMIT_FSIZE},       {"locks", RLIMIT_LOCKS},
      {"memlock", RLIMIT_MEMLOCK}, {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
      {"nofile", RLIMIT_NOFILE},   {"nproc", RLIMIT_NPROC},       {"rss", RLIMIT_RSS},
      {"rtprio", RLIMIT_RTPRIO},   {"rttime", RLIMIT_RTTIME},     {"sigpending", RLIMIT_SIGPENDING},
      {"stack", RLIMIT_STACK}};
  for (const auto& [name, resource] : limits) {
    rlimit limit{};
    ::getrlimit(static_cast<__rlimit_resource>(resource), &limit);
    row(std::string("rlimit.") + name, number(limit.rlim_cur) + ':' + number(limit.rlim_max));
  }
}

void show_environment() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    names.emplace_back(*entry, std::strcspn(*entry, "="));
  }
  std::sort(names.begin(), names.end());
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : " ") + name;
  row("env", list);
  for (const char* name : {"HOME", "PATH"}) {
    const char* value = std::getenv(name);
    row(std::string("env.") + name, value == nullptr ? "unset" : value);
  }
}

// What is open besides stdin, stdout, stderr and the folder that is being read.
void show_descriptors() {
  DIR* const dir = ::opendir("/proc/self/fd");
  std::string list;
  while (const dirent* entry = dir == nullptr ? nullptr : ::readdir(dir)) {
    const int fd = std::atoi(entry->d_name);
    if (fd < 3 || fd == ::dirfd(dir)) continue;
    char target[256]{};
    if (::readlinkat(::dirfd(dir), entry->d_name, target, sizeof target - 1) < 0) continue;
    list += (list.empty() ? "" : " ") + std::string(target);
  }
  if (dir != nullptr) ::closedir(dir);
  row("fds", list.empty() ? "none" : list);
}

void show_namespaces(const Outside& outside) {
  for (const char* name : {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"}) {
    struct stat status {};
    const auto host = outside.find(std::string("ns.") + name);
    std::string value = "unknown";
    if (::stat((std::string("/proc/self/ns/") + name).c_str(), &status) != 0) {
      value = error_name(errno);
    } else if (host != outside.end()) {
      value = std::to_string(status.st_ino) == host->second ? "host" : "own";
    }
    row(std::string("ns.") + name, value);
  }
}

void show_keyring(const Outside& outside) {
  const long serial = ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0);
  const auto host = outside.find("keyring");
  if (serial < 0) {
    row("keyring", error_name(errno));
  } else {
    row("keyring", host == outside.end()                    ? "unknown"
                   : std::to_string(serial) == host->second ? "host"
                                                            : "own");
  }
}

void show_cgroup() {
  std::istringstream lines(read_text("/proc/self/cgroup"));
  bool all = true;
  for (std::string line; std::getline(lines, line);) all = all && line.ends_with(":/");
  row("cgroup.path", all ? "/" : "seen from the host");
}

}  // namespace

void show_process(const Outside& outside) {
  show_status();
  show_limits();
  show_environment();
  show_descriptors();
  show_namespaces(outside);
  show_keyring(outside);
  show_cgroup();
  char cwd[256]{};
  row("cwd", ::getcwd(cwd, sizeof cwd) == nullptr ? error_name(errno) : cwd);
  row("pid", std::to_string(::getpid()));
  row("session", ::getsid(0) == ::getpid() ? "leads one" : std::to_string(::getsid(0)));
  std::string score = read_text("/proc/self/oom_score_adj");
  row("oom_score_adj", score.substr(0, score.find('\n')));
  row("nice", std::to_string(::getpriority(PRIO_PROCESS, 0)));
  row("scheduler", std::to_string(::sched_getscheduler(0)));
  int signal = 0;
  ::prctl(PR_GET_PDEATHSIG, &signal);
  row("pdeathsig", std::to_string(signal));
  row("dumpable", std::to_string(::prctl(PR_GET_DUMPABLE)));
  row("subreaper", [] {
    int set = 0;
    ::prctl(PR_GET_CHILD_SUBREAPER, &set);
    return std::to_string(set);
  }());
  row("securebits", std::to_string(::prctl(PR_GET_SECUREBITS)));
  row("timerslack", std::to_string(::prctl(PR_GET_TIMERSLACK)));
}

}  // namespace probe
