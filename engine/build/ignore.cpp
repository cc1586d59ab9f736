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
    line = trim(line);
    const bool include = line.starts_with('!');
    if (include) line = trim(line.substr(1));
    if (line.empty()) {
      if (include) fail_at(place, "'!' is not followed by a pattern");
      continue;
    }
    line = clean_path("/" + line).substr(1);
    if (line.empty()) continue;  // "." and "/" are ignored, as they always were
    try {
      rules_.push_back({Glob(line, Glob::Dialect::kIgnore), include});
    } catch (const std::invalid_argument& error) {
      fail_at(place, "bad pattern '" + line + "': " + error.what());
    }
  }
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
