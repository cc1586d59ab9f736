#include "sys/signal_name.h"

#include <signal.h>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace sys {

namespace {

constexpr std::array<std::pair<std::string_view, int>, 34> kSignals = {{
    {"HUP", SIGHUP},   {"INT", SIGINT},       {"QUIT", SIGQUIT},     {"ILL", SIGILL},   {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT}, {"IOT", SIGIOT},       {"BUS", SIGBUS},       {"FPE", SIGFPE},   {"KILL", SIGKILL},
    {"USR1", SIGUSR1}, {"SEGV", SIGSEGV},     {"USR2", SIGUSR2},     {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},
    {"TERM", SIGTERM}, {"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD},     {"CLD", SIGCHLD},  {"CONT", SIGCONT},
    {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},     {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU}, {"URG", SIGURG},
    {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},     {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH},
    {"IO", SIGIO},     {"POLL", SIGPOLL},     {"PWR", SIGPWR},       {"SYS", SIGSYS},
}};

constexpr int kFirstRealTime = 34,
              kLastRealTime = 64;  // as glibc counts, the kernel's 32 and 33 being its own

int number_in(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : -1;
}

// RTMIN, RTMIN+n, RTMAX, RTMAX-n
int real_time(std::string_view name) {
  if (name == "RTMIN") return kFirstRealTime;
  if (name == "RTMAX") return kLastRealTime;
  int value = -1;
  if (name.starts_with("RTMIN+")) value = kFirstRealTime + number_in(name.substr(6));
  if (name.starts_with("RTMAX-")) value = kLastRealTime - number_in(name.substr(6));
  return value >= kFirstRealTime && value <= kLastRealTime ? value : -1;
}

}  // namespace

std::optional<int> signal_number(const std::string& name) {
  const int plain = number_in(name);
  if (plain >= 1 && plain <= kLastRealTime) return plain;
  std::string upper = name;
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  std::string_view wanted = upper;
  if (wanted.starts_with("SIG")) wanted.remove_prefix(3);
  for (const auto& [known, number] : kSignals) {
    if (known == wanted) return number;
  }
  const int number = real_time(wanted);
  if (number < 0) return std::nullopt;
  return number;
}

}  // namespace sys
