#include "compose/ui/timestamp.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>

namespace compose::ui {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// Eats exactly `digits` digits.
std::optional<int> number(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool eat(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int64_t> eat_date(std::string_view& text) {
  const auto year = number(text, 4);
  if (!year || !eat(text, '-')) return std::nullopt;
  const auto month = number(text, 2);
  if (!month || !eat(text, '-')) return std::nullopt;
  const auto day = number(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * 86400 * kSecond;
}

std::optional<int64_t> eat_time(std::string_view& text) {
  const auto hour = number(text, 2);
  if (!hour || *hour > 23 || !eat(text, ':')) return std::nullopt;
  const auto minute = number(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  int64_t value = (*hour * 60 + *minute) * 60 * kSecond;
  if (!eat(text, ':')) return value;
  const auto second = number(text, 2);
  if (!second || *second > 60) return std::nullopt;
  value += *second * kSecond;
  if (eat(text, '.')) {
    int64_t place = kSecond / 10;
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
      value += (text.front() - '0') * place;
      place /= 10;
    }
  }
  return value;
}

// The zone's distance from UTC.
std::optional<int64_t> eat_zone(std::string_view& text) {
  if (eat(text, 'Z') || eat(text, 'z')) return 0;
  const bool west = !text.empty() && text.front() == '-';
  if (!west && (text.empty() || text.front() != '+')) return std::nullopt;
  text.remove_prefix(1);
  const auto hours = number(text, 2);
  if (!hours || !eat(text, ':')) return std::nullopt;
  const auto minutes = number(text, 2);
  if (!minutes) return std::nullopt;
  return (*hours * 60 + *minutes) * 60 * kSecond * (west ? -1 : 1);
}

// What this machine's clock on the wall shows -> nanoseconds since 1970.
std::optional<int64_t> from_local(int64_t shown) {
  const int64_t rest = (shown % kSecond + kSecond) % kSecond;
  const time_t seconds = (shown - rest) / kSecond;
  tm parts{};
  if (::gmtime_r(&seconds, &parts) == nullptr) return std::nullopt;
  parts.tm_isdst = -1;  // summer time or not: as it is on that day
  const time_t time = ::mktime(&parts);
  if (time == -1 && seconds != -1) return std::nullopt;
  return time * kSecond + rest;
}

std::optional<int64_t> parse_date_time(std::string_view text, bool strict) {
  const auto date = eat_date(text);
  if (!date) return std::nullopt;
  if (text.empty() && !strict) return from_local(*date);
  if (!eat(text, 'T') && !eat(text, ' ')) return std::nullopt;
  const auto time = eat_time(text);
  if (!time) return std::nullopt;
  if (text.empty() && !strict) return from_local(*date + *time);
  const auto zone = eat_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return *date + *time - *zone;
}

}  // namespace

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::optional<int64_t> parse_rfc3339(std::string_view text) {
  return parse_date_time(text, true);
}

namespace {

std::string date_time(int64_t seconds, const char* form) {
  const std::chrono::sys_days day{std::chrono::floor<std::chrono::days>(std::chrono::seconds(seconds))};
  const std::chrono::year_month_day date(day);
  const int64_t rest = seconds - std::chrono::seconds(day.time_since_epoch()).count();
  return fmt::format(fmt::runtime(form), static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), rest / 3600, rest / 60 % 60, rest % 60);
}

}  // namespace

std::string to_rfc3339(int64_t nanoseconds) {
  int64_t whole = nanoseconds / kSecond;
  int64_t rest = nanoseconds % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --whole;
  }
  return date_time(whole, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}") + fmt::format(".{:09}Z", rest);
}

std::string to_created_at(int64_t milliseconds) {
  return date_time(milliseconds / 1000, "{:04}-{:02}-{:02} {:02}:{:02}:{:02} +0000 UTC");
}

std::optional<int64_t> parse_go_duration(std::string_view text) {
  static constexpr struct {
    std::string_view name;
    double nanoseconds;
  } kUnits[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || value < 0) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const std::string_view unit = text.substr(0, text.find_first_not_of("nusmh"));
    bool known = false;
    for (const auto& candidate : kUnits) {
      if (candidate.name != unit) continue;
      total += value * candidate.nanoseconds;
      known = true;
    }
    if (!known) return std::nullopt;
    text.remove_prefix(unit.size());
  }
  if (total > 9e18) return std::nullopt;
  return std::llround(total);
}

std::optional<int64_t> parse_moment(std::string_view text, int64_t now_nanoseconds) {
  if (const auto date = parse_date_time(text, false)) return date;
  if (const auto age = parse_go_duration(text)) return now_nanoseconds - *age;
  double unix_seconds = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), unix_seconds, std::chars_format::fixed);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (std::abs(unix_seconds) > 9e9) return std::nullopt;
  return std::llround(unix_seconds * 1e9);
}

}  // namespace compose::ui
