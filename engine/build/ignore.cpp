#include "engine/build/ignore.h"

#include <algorithm>
#include <stdexcept>

#include "engine/build/paths.h"
#include "engine/build/place.h"

namespace engine::build {
namespace {

std::string trim(const std::string& text) {
  const size_t start = text.find_first_not_of(" \t\r\f\v");
  if (start == std::string::npos) return "";
  return text.substr(start, text.find_last_not_of(" \t\r\f\v") - start + 1);
}

}  // namespace

IgnoreRules::IgnoreRules(const std::string& text, const std::string& file) : file_(file) {
  Place place{file, 0};
  size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    ++place.line;
    if (line.starts_with('#')) continue;
    try {
      add(line);
    } catch (const std::invalid_argument& error) {
      fail_at(place, error.what());
    }
  }
}

IgnoreRules::IgnoreRules(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    if (!add(pattern)) throw std::invalid_argument("'" + pattern + "' is no pattern");
  }
}

bool IgnoreRules::add(std::string pattern) {
  pattern = trim(pattern);
  const bool include = pattern.starts_with('!');
  if (include) pattern = trim(pattern.substr(1));
  if (pattern.empty()) {
    if (include) throw std::invalid_argument("'!' is not followed by a pattern");
    return false;
  }
  pattern = clean_path("/" + pattern).substr(1);
  if (pattern.empty()) return false;  // "." and "/" are ignored, as they always were
  try {
    rules_.push_back({Glob(pattern, Glob::Dialect::kIgnore), include});
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument("bad pattern '" + pattern + "': " + error.what());
  }
  return true;
}

bool IgnoreRules::excluded(const std::string& path) const {
  const auto rule = std::find_if(rules_.rbegin(), rules_.rend(),
                                 [&](const Rule& r) { return r.pattern.matches_or_contains(path); });
  return rule != rules_.rend() && !rule->include;
}

bool IgnoreRules::may_hold_included(const std::string& folder) const {
  if (!excluded(folder)) return true;
  return std::any_of(rules_.begin(), rules_.end(),
                     [&](const Rule& r) { return r.include && r.pattern.could_match_below(folder + "/"); });
}

}  // namespace engine::build
