#pragma once
// Several logs as one, in time order. Reads each log only as far as needed.
#include <optional>
#include <queue>
#include <vector>

#include "compose/ui/log_file.h"

namespace compose::ui {

// Not thread-safe. Does not own the logs; `index` of a record is that of its log in the order given.
class LogMerge {
 public:
  struct Entry {
    size_t index;
    LogRecord record;
  };
  explicit LogMerge(std::vector<LogFile*> logs);
  ~LogMerge();  // what was read ahead is given back to the logs
  LogMerge(const LogMerge&) = delete;
  LogMerge& operator=(const LogMerge&) = delete;
  std::optional<Entry> next();

 private:
  void pull(size_t index);
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.record.time != b.record.time ? a.record.time > b.record.time : a.index > b.index;
    }
  };
  std::vector<LogFile*> logs_;
  std::priority_queue<Entry, std::vector<Entry>, Later> heads_;
};

}  // namespace compose::ui
