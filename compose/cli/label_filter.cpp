#include "compose/cli/label_filter.h"

#include <algorithm>
#include <regex>

#include "compose/cli/failure.h"
#include "compose/plan/inventory.h"

namespace compose::cli {

bool has_label(const engine::Labels& labels, const std::string& wanted) {
  const size_t equals = wanted.find('=');
  const auto label = labels.find(wanted.substr(0, equals));
  return label != labels.end() && (equals == std::string::npos || label->second == wanted.substr(equals + 1));
}

bool matches(const std::string& pattern, const std::string& text) {
  return std::regex_search(text, std::regex(pattern, std::regex::extended));
}

void check_pattern(const std::string& key, const std::string& pattern) {
  try {
    matches(pattern, "");
  } catch (const std::regex_error& error) {
    throw CommandError("invalid filter '" + key + '=' + pattern + "': " + error.what());
  }
}

bool truth_of(const std::string& filter, const std::string& value) {
  if (value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  throw CommandError("filter " + filter + '=' + value + " is not understood: it is true or false");
}

KeyFilters::KeyFilters(const std::vector<std::string>& given, const std::vector<std::string>& known) {
  for (const std::string& filter : given) {
    const size_t equals = filter.find('=');
    const std::string key = filter.substr(0, equals);
    if (equals == std::string::npos || std::find(known.begin(), known.end(), key) == known.end())
      throw CommandError("filter '" + filter + "' is not supported: there are " + join(known, "=, ") + "=");
    values_[key].push_back(filter.substr(equals + 1));
  }
}

void KeyFilters::check(const std::string& key, const std::vector<std::string>& values) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return;
  for (const std::string& value : found->second)
    if (std::find(values.begin(), values.end(), value) == values.end())
      throw CommandError("filter " + key + '=' + value + " is not understood: it is " + join(values, " or "));
}

void KeyFilters::check_patterns(const std::string& key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return;
  for (const std::string& value : found->second) check_pattern(key, value);
}

bool KeyFilters::hold(
    const std::function<bool(const std::string& key, const std::string& value)>& holds) const {
  return std::all_of(values_.begin(), values_.end(), [&](const auto& entry) {
    const auto one = [&](const std::string& value) { return holds(entry.first, value); };
    const auto& values = entry.second;
    return entry.first == "label" ? std::all_of(values.begin(), values.end(), one)
                                  : std::any_of(values.begin(), values.end(), one);
  });
}

}  // namespace compose::cli
