#include "engine/image/timestamp.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>

namespace engine {

namespace {

// Reads exactly `digits` decimal digits and moves on; false when there are fewer.
bool take_number(const std::string& text, size_t& at, size_t digits, int& value) {
  value = 0;
  for (size_t i = 0; i < digits; ++i, ++at) {
    if (at >= text.size() || text[at] < '0' || text[at] > '9') return false;
    value = value * 10 + (text[at] - '0');
  }
  return true;
}

bool take_char(const std::string& text, size_t& at, char expected) {
  if (at >= text.size() || text[at] != expected) return false;
  ++at;
  return true;
}

bool take_fraction(const std::string& text, size_t& at, int& milliseconds) {
  milliseconds = 0;
  if (!take_char(text, at, '.')) return true;
  const size_t start = at;
  for (int scale = 100; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
    milliseconds += (text[at] - '0') * scale;
  }
  return at > start;
}

bool take_offset(const std::string& text, size_t& at, int& seconds) {
  seconds = 0;
  if (take_char(text, at, 'Z') || take_char(text, at, 'z')) return true;
  if (at >= text.size() || (text[at] != '+' && text[at] != '-')) return false;
  const int sign = text[at++] == '-' ? -1 : 1;
  int hours = 0, minutes = 0;
  if (!take_number(text, at, 2, hours) || !take_char(text, at, ':') || !take_number(text, at, 2, minutes)) {
    return false;
  }
  seconds = sign * (hours * 3600 + minutes * 60);
  return hours < 24 && minutes < 60;
}

}  // namespace

std::optional<int64_t> parse_rfc3339(const std::string& text) {
  std::tm time{};
  size_t at = 0;
  int milliseconds = 0, offset = 0;
  const bool matches = take_number(text, at, 4, time.tm_year) && take_char(text, at, '-') &&
                       take_number(text, at, 2, time.tm_mon) && take_char(text, at, '-') &&
                       take_number(text, at, 2, time.tm_mday) &&
                       (take_char(text, at, 'T') || take_char(text, at, 't')) &&
                       take_number(text, at, 2, time.tm_hour) && take_char(text, at, ':') &&
                       take_number(text, at, 2, time.tm_min) && take_char(text, at, ':') &&
                       take_number(text, at, 2, time.tm_sec) && take_fraction(text, at, milliseconds) &&
                       take_offset(text, at, offset) && at == text.size();
  if (!matches || time.tm_mon < 1 || time.tm_mon > 12 || time.tm_mday < 1 || time.tm_mday > 31 ||
      time.tm_hour > 23 || time.tm_min > 59 || time.tm_sec > 60) {
    return std::nullopt;
  }
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  return (static_cast<int64_t>(::timegm(&time)) - offset) * 1000 + milliseconds;
}

std::string format_rfc3339(int64_t milliseconds) {
  int64_t fraction = milliseconds % 1000;
  if (fraction < 0) fraction += 1000;
  const std::time_t seconds = (milliseconds - fraction) / 1000;
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", time.tm_year + 1900, time.tm_mon + 1,
                     time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec, fraction);
}

int64_t now_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace engine
