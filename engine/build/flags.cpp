#include "engine/build/flags.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace engine::build {
namespace {

constexpr const char* kBlanks = " \t\r\f\v";

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string take_flag_word(std::string& rest, char escape) {
  std::string word;
  char quote = 0;
  size_t i = 0;
  for (; i < rest.size(); ++i) {
    const char c = rest[i];
    if (quote == 0 && std::string_view(kBlanks).find(c) != std::string_view::npos) break;
    if (c == escape && quote != '\'' && i + 1 < rest.size()) {
      word += rest[++i];
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      word += c;
    }
  }
  rest.erase(0, i);
  rest.erase(0, std::min(rest.find_first_not_of(kBlanks), rest.size()));
  return word;
}

Flags::Flags(std::string& rest, const std::string& keyword, const FlagNames& names, const Place& place,
             char escape)
    : keyword_(keyword), place_(place) {
  while (rest.starts_with("--")) {
    const std::string word = take_flag_word(rest, escape);
    if (word == "--") return;
    add(word, names);
  }
}

void Flags::add(const std::string& word, const FlagNames& names) {
  const size_t equals = word.find('=');
  const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
  const std::string flag = keyword_ + " --" + name;
  for (const auto& [refused, instead] : names.refused) {
    if (refused != name) continue;
    fail_at(place_, flag + (instead.empty() ? " is not supported yet" : " is not supported: " + instead));
  }
  const bool is_switch = has(names.switches, name);
  const bool is_list = has(names.lists, name);
  if (!is_switch && !is_list && !has(names.values, name)) {
    std::vector<std::string> known = names.values;
    known.insert(known.end(), names.lists.begin(), names.lists.end());
    known.insert(known.end(), names.switches.begin(), names.switches.end());
    fail_at(place_, keyword_ + " has no flag --" + name + did_you_mean(name, known));
  }
  if (!is_list && find(name) != nullptr) fail_at(place_, flag + " is given twice");
  if (equals == std::string::npos && !is_switch) {
    fail_at(place_, flag + " needs a value: --" + name + "=...");
  }
  flags_.push_back({name, equals == std::string::npos ? "true" : word.substr(equals + 1)});
  if (is_switch && flags_.back().value != "true" && flags_.back().value != "false") {
    fail_at(place_, flag + "=" + flags_.back().value + " is neither true nor false");
  }
}

const Flags::Flag* Flags::find(const std::string& name) const {
  const auto it =
      std::find_if(flags_.begin(), flags_.end(), [&](const Flag& flag) { return flag.name == name; });
  return it == flags_.end() ? nullptr : &*it;
}

std::string Flags::get(const std::string& name) const {
  const Flag* flag = find(name);
  return flag == nullptr ? "" : flag->value;
}

std::vector<std::string> Flags::all(const std::string& name) const {
  std::vector<std::string> out;
  for (const Flag& flag : flags_) {
    if (flag.name == name) out.push_back(flag.value);
  }
  return out;
}

std::optional<bool> Flags::is_on(const std::string& name) const {
  const Flag* flag = find(name);
  if (flag == nullptr) return std::nullopt;
  return flag->value == "true";
}

std::optional<int64_t> Flags::duration_ms(const std::string& name) const {
  const Flag* flag = find(name);
  if (flag == nullptr) return std::nullopt;
  const auto value = parse_duration_ms(flag->value);
  if (!value) fail_at(place_, "--" + name + "=" + flag->value + " is not a duration such as 30s or 1m30s");
  return value;
}

std::optional<int> Flags::count(const std::string& name) const {
  const Flag* flag = find(name);
  if (flag == nullptr) return std::nullopt;
  int value = 0;
  const char* end = flag->value.data() + flag->value.size();
  const auto [stop, error] = std::from_chars(flag->value.data(), end, value);
  if (error != std::errc() || stop != end || value < 0) {
    fail_at(place_, "--" + name + "=" + flag->value + " is not a whole number");
  }
  return value;
}

std::optional<int64_t> parse_duration_ms(const std::string& text) {
  struct Unit {
    const char* name;
    double milliseconds;
  };
  static constexpr Unit kUnits[] = {{"ns", 1e-6}, {"us", 1e-3}, {"ms", 1},
                                    {"s", 1e3},   {"m", 6e4},   {"h", 3.6e6}};
  if (text == "0") return 0;
  double total = 0;
  const char* at = text.data();
  const char* end = at + text.size();
  if (at == end) return std::nullopt;
  while (at < end) {
    double number = 0;
    const auto [stop, error] = std::from_chars(at, end, number, std::chars_format::fixed);
    if (error != std::errc() || number < 0 || !std::isfinite(number)) return std::nullopt;
    const char* unit_end = std::find_if(stop, end, [](char c) { return c < 'a' || c > 'z'; });
    const std::string name(stop, unit_end);
    const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                    [&](const Unit& candidate) { return name == candidate.name; });
    if (unit == std::end(kUnits)) return std::nullopt;
    total += number * unit->milliseconds;
    at = unit_end;
  }
  if (total > 9e15) return std::nullopt;
  return static_cast<int64_t>(std::llround(total));
}

}  // namespace engine::build
