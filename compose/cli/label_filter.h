#pragma once
// --filter KEY=VALUE of listings: filters with different keys must all hold, of those with one key any
// (labels: all).
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/model.h"

namespace compose::cli {

// `wanted`: KEY or KEY=VALUE.
bool has_label(const engine::Labels& labels, const std::string& wanted);
// As docker: a regular expression (POSIX, extended) that matches anywhere. `check_pattern` throws
// CommandError for one that is none, which `matches` must not be given.
bool matches(const std::string& pattern, const std::string& text);
void check_pattern(const std::string& key, const std::string& pattern);
// true, 1, false or 0. Throws CommandError, which names the filter.
bool truth_of(const std::string& filter, const std::string& value);

class KeyFilters {
 public:
  // Throws CommandError for a filter whose key is none of `known`.
  KeyFilters(const std::vector<std::string>& given, const std::vector<std::string>& known);

  // Throws CommandError when a value of `key` is none of `values`.
  void check(const std::string& key, const std::vector<std::string>& values) const;
  // Throws CommandError when a value of `key` is no pattern for `matches`.
  void check_patterns(const std::string& key) const;
  bool hold(const std::function<bool(const std::string& key, const std::string& value)>& holds) const;

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

}  // namespace compose::cli
