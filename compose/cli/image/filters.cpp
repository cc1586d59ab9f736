#include "compose/cli/image/filters.h"

#include <fnmatch.h>

#include <algorithm>

#include "compose/cli/failure.h"
#include "compose/cli/label_filter.h"
#include "compose/plan/inventory.h"
#include "compose/ui/timestamp.h"
#include "engine/image/reference.h"

namespace compose::cli {
namespace {

constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;

int64_t moment_ms(const std::string& value) {
  const auto moment = ui::parse_moment(value, ui::now_ms() * kNanosecondsPerMillisecond);
  if (!moment) {
    throw CommandError("filter until=" + value +
                       " is not understood: it is a time (2024-01-31T12:00:00) or an age (24h)");
  }
  return *moment / kNanosecondsPerMillisecond;
}

}  // namespace

ImageFilters parse_image_filters(const std::vector<std::string>& filters,
                                 const std::vector<std::string>& known) {
  ImageFilters parsed;
  for (const std::string& filter : filters) {
    const size_t equals = filter.find('=');
    const std::string key = filter.substr(0, equals);
    if (equals == std::string::npos || std::find(known.begin(), known.end(), key) == known.end())
      throw CommandError("filter '" + filter + "' is not supported: there are " + join(known, "=, ") + "=");
    const std::string value = filter.substr(equals + 1);
    if (key == "dangling") parsed.dangling = truth_of(key, value);
    if (key == "label!") parsed.not_labels.push_back(value);
    if (key == "label") parsed.labels.push_back(value);
    if (key == "reference") parsed.references.push_back(value);
    if (key == "before") parsed.before = value;
    if (key == "since") parsed.since = value;
    if (key == "until") parsed.until_ms = moment_ms(value);
  }
  return parsed;
}

bool passes(const ImageFilters& filters, const engine::ImageInfo& image) {
  if (filters.dangling && *filters.dangling != image.references.empty()) return false;
  return passes(filters, image.labels, image.created_ms);
}

bool passes(const ImageFilters& filters, const engine::Labels& labels, int64_t created_ms) {
  if (filters.until_ms && created_ms >= *filters.until_ms) return false;
  const auto is_there = [&](const std::string& label) { return has_label(labels, label); };
  if (std::any_of(filters.not_labels.begin(), filters.not_labels.end(), is_there)) return false;
  return std::all_of(filters.labels.begin(), filters.labels.end(), is_there);
}

bool matches_reference(const std::string& pattern, const std::string& reference) {
  const engine::Reference parsed = engine::parse_reference(reference);
  return ::fnmatch(pattern.c_str(), parsed.familiar().c_str(), FNM_PATHNAME) == 0 ||
         ::fnmatch(pattern.c_str(), parsed.familiar_repository().c_str(), FNM_PATHNAME) == 0;
}

}  // namespace compose::cli
