#pragma once
// What became of paths, several changes of one taken together. Pure.
#include <map>
#include <string>

namespace compose::watch {

enum class Change { kCame, kChanged, kWent };

using Changes = std::map<std::string, Change>;  // by absolute path

// Adds what came next. What came and went is nothing: programs that write a file beside another and rename it
// leave no trace of that.
inline void note(Changes& changes, const std::string& path, Change next) {
  const auto [known, fresh] = changes.try_emplace(path, next);
  if (fresh) return;
  const Change before = known->second;
  if (before == Change::kCame && next == Change::kWent) {
    changes.erase(known);
  } else if (before != Change::kCame) {
    known->second = next == Change::kWent ? Change::kWent : Change::kChanged;
  }
}

}  // namespace compose::watch
