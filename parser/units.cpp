#include "parser/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "parser/load.h"

namespace parser {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return result;
}

// Takes "12" or "1.5" off the front; nothing when there is no number.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || text[0] == '-' || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

constexpr struct {
  std::string_view name;
  double nanoseconds;
} kTimeUnits[] = {{"ns", 1},  {"us", 1e3}, {"\u00b5s", 1e3}, {"\u03bcs", 1e3}, {"ms", 1e6},
                  {"s", 1e9}, {"m", 60e9}, {"h", 3600e9},    {"d", 86400e9},   {"w", 604800e9}};

[[noreturn]] void bad_duration(const std::string& text) {
  if (read_number(text) && text[0] != '-')
    throw ValueError("duration '" + text + "' has no unit", "did you mean '" + text + "s'?");
  throw ValueError("invalid duration '" + text + "'", "write a number with a unit (us, ms, s, m, h): 1m30s");
}

}  // namespace

std::optional<bool> read_boolean(std::string_view text) {
  const std::string word = lower(text);
  if (word == "true" || word == "yes" || word == "on" || word == "y") return true;
  if (word == "false" || word == "no" || word == "off" || word == "n") return false;
  return std::nullopt;
}

std::optional<int64_t> read_integer(std::string_view text) {
  if (text.size() > 1 && text[0] == '+') text.remove_prefix(1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> read_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

Duration parse_duration(const std::string& text) {
  std::string_view rest = text;
  if (rest == "0") return Duration(0);
  if (rest.empty()) bad_duration(text);
  double total = 0;
  while (!rest.empty()) {
    const std::optional<double> number = take_number(rest);
    if (!number) bad_duration(text);
    const size_t end = rest.find_first_of("0123456789.");
    const std::string_view name = rest.substr(0, end);
    const auto* unit = std::find_if(std::begin(kTimeUnits), std::end(kTimeUnits),
                                    [name](const auto& candidate) { return candidate.name == name; });
    if (unit == std::end(kTimeUnits)) bad_duration(text);
    total += *number * unit->nanoseconds;
    rest.remove_prefix(name.size());
  }
  constexpr double kMost = 9.2e18;  // Duration counts nanoseconds in 64 bits: 292 years
  if (total > kMost) throw ValueError("duration '" + text + "' is too long");
  return Duration(std::llround(total));
}

std::string format_duration(Duration duration) {
  const int64_t ns = duration.count();
  if (ns == 0) return "0s";
  if (ns < 1'000) return fmt::format("{}ns", ns);
  if (ns < 1'000'000) return fmt::format("{}\u00b5s", static_cast<double>(ns) / 1e3);
  if (ns < 1'000'000'000) return fmt::format("{}ms", static_cast<double>(ns) / 1e6);
  const int64_t minutes = ns / 60'000'000'000;
  const double seconds = static_cast<double>(ns % 60'000'000'000) / 1e9;
  std::string text;
  if (minutes >= 60) text += fmt::format("{}h", minutes / 60);
  if (minutes > 0) text += fmt::format("{}m", minutes % 60);
  return text + fmt::format("{}s", seconds);
}

int64_t parse_bytes(const std::string& text) {
  static constexpr std::string_view kUnits = "bkmgtp";
  std::string_view rest = text;
  const std::optional<double> number = take_number(rest);
  while (!rest.empty() && rest[0] == ' ') rest.remove_prefix(1);
  const std::string unit = lower(rest);
  const bool known = unit.empty() || (kUnits.find(unit[0]) != std::string_view::npos &&
                                      (unit.size() == 1 || unit.substr(1) == "b" || unit.substr(1) == "ib") &&
                                      (unit[0] != 'b' || unit.size() == 1));
  if (!number || !known)
    throw ValueError("invalid size '" + text + "'",
                     "write a number of bytes, or with a unit (b, k, m, g): 512m");
  const size_t power = unit.empty() ? 0 : kUnits.find(unit[0]);
  const double bytes = std::ldexp(*number, static_cast<int>(10 * power));
  constexpr double kMost = 9.2e18;
  if (bytes > kMost) throw ValueError("size '" + text + "' is too large");
  return static_cast<int64_t>(bytes);
}

uint32_t parse_octal_mode(const std::string& text) {
  std::string_view digits = text;
  if (digits.substr(0, 2) == "0o") digits.remove_prefix(2);
  uint32_t mode = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mode, 8);
  constexpr uint32_t kAllBits = 07777;
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || mode > kAllBits)
    throw ValueError("invalid mode '" + text + "'", "write permissions in octal: 0700");
  return mode;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  std::string meant = closest(word, candidates);
  if (meant.empty()) {
    const auto has_part = [&word](const std::string& candidate) {
      return ("_" + candidate + "_").find("_" + word + "_") != std::string::npos;
    };
    if (std::count_if(candidates.begin(), candidates.end(), has_part) == 1)
      meant = *std::find_if(candidates.begin(), candidates.end(), has_part);
  }
  return meant.empty() ? "" : "did you mean '" + meant + "'?";
}

}  // namespace parser
