#include "compose/watch/batch.h"

#include <algorithm>

namespace compose::watch {

void Batch::add(const Changes& changes, Time now) {
  if (changes.empty()) return;
  if (changes_.empty()) first_ = now;
  last_ = now;
  for (const auto& [path, change] : changes) note(changes_, path, change);
}

std::optional<Batch::Time> Batch::due() const {
  if (changes_.empty()) return std::nullopt;
  return std::min(last_ + kQuiet, first_ + kLongest);
}

std::set<std::string> Batch::take(Time now) {
  std::set<std::string> taken;
  const auto when = due();
  if (!when || now < *when) return taken;
  for (const auto& [path, change] : changes_) taken.insert(path);
  changes_.clear();
  return taken;
}

}  // namespace compose::watch
