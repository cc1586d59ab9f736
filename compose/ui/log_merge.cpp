#include "compose/ui/log_merge.h"

namespace compose::ui {

LogMerge::LogMerge(std::vector<LogFile*> logs) : logs_(std::move(logs)) {
  for (size_t i = 0; i < logs_.size(); ++i) pull(i);
}

LogMerge::~LogMerge() {
  for (; !heads_.empty(); heads_.pop()) logs_[heads_.top().index]->unread(heads_.top().record);
}

void LogMerge::pull(size_t index) {
  if (auto record = logs_[index]->next()) heads_.push({index, std::move(*record)});
}

std::optional<LogMerge::Entry> LogMerge::next() {
  if (heads_.empty()) return std::nullopt;
  Entry entry = heads_.top();
  heads_.pop();
  pull(entry.index);
  return entry;
}

}  // namespace compose::ui
