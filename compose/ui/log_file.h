#pragma once
// Reading a container's log, rotated files included: <path>.N (oldest) ... <path>.1, <path>. Reading past the
// present end later continues with what was appended, through rotation, truncation and deletion of the file.
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "compose/ui/log_record.h"
#include "sys/fd.h"

namespace compose::ui {

// Not thread-safe. A missing file is an empty log. Throws sys::Error for other failures.
class LogFile {
 public:
  // Begins at the oldest record.
  explicit LogFile(std::string path) : path_(std::move(path)) {}

  // To be called before the first `next`: begin `count` records before the present end ...
  void skip_to_last(size_t count);
  // ... or at a byte of the newest file (from `end_offset`); the beginning when the file has become smaller.
  void skip_to_offset(int64_t offset);

  // The next record; nothing at the present end. Damaged lines are left out.
  std::optional<LogRecord> next();
  // Gives the last record back: the next `next` returns it.
  void unread(LogRecord record) { returned_ = std::move(record); }

  // Present size of the newest file, 0 when missing.
  static int64_t end_offset(const std::string& path);

 private:
  std::string rotated(int index) const { return index == 0 ? path_ : path_ + '.' + std::to_string(index); }
  int oldest_index() const;
  void open_index(int index, int64_t offset);
  bool fill();
  bool advance_file();

  std::string path_;
  sys::Fd fd_;
  int64_t offset_ = 0;  // of the next read
  std::string buffer_;
  size_t at_ = 0;  // into buffer_
  std::optional<LogRecord> returned_;
};

}  // namespace compose::ui
