#include "compose/watch/batch.h"

#include <algorithm>

namespace compose::watch {

void Batch::add(const std::set<std::string>& paths, Time now) {
  if (paths.empty()) return;
  if (paths_.empty()) first_ = now;
  last_ = now;
  paths_.insert(paths.begin(), paths.end());
}

std::optional<Batch::Time> Batch::due() const {
  if (paths_.empty()) return std::nullopt;
  return std::min(last_ + kQuiet, first_ + kLongest);
}

std::set<std::string> Batch::take(Time now) {
  std::set<std::string> taken;
  if (const auto when = due(); when && now >= *when) taken.swap(paths_);
  return taken;
}

}  // namespace compose::watch
