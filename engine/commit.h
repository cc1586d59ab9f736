#pragma once
// What turns containers into images and files: requests and results. Plain data.
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace engine {

struct CommitRequest {
  std::string reference;  // empty: the image gets no name
  std::string author, comment;
  std::vector<std::string> changes;      // Dockerfile lines (CMD, ENV, ...)
  bool pause = true;                     // a running container stands still meanwhile
  std::set<std::string> dropped_labels;  // of the container, that are not to be the image's
  std::function<bool()> cancelled;       // polled; unset: never
};

enum class ChangeKind : char { kAdded = 'A', kChanged = 'C', kDeleted = 'D' };

struct PathChange {
  ChangeKind kind = ChangeKind::kChanged;
  std::string path;  // absolute in the container
  bool operator==(const PathChange&) const = default;
};

}  // namespace engine
