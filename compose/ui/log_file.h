#pragma once
// Reading a container's log, rotated and compressed files included (log_shelf.h), oldest first. Reading past
// the present end later continues with what was appended, through rotation, compression, truncation and
// deletion of the file. What was rotated away altogether before it was read is lost; nothing else is, and
// nothing comes twice.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "compose/ui/log_record.h"
#include "compose/ui/log_shelf.h"
#include "sys/fd.h"

namespace engine::registry {
class Inflate;
}

namespace compose::ui {

// Not thread-safe. A missing file is an empty log. Throws sys::Error for other failures.
class LogFile {
 public:
  // Begins at the oldest record.
  explicit LogFile(std::string path);
  ~LogFile();
  LogFile(LogFile&&) noexcept;
  LogFile& operator=(LogFile&&) noexcept;

  // To be called before the first `next`: begin `count` records before the present end ...
  void skip_to_last(size_t count);
  // ... or at it.
  void skip_to_end();

  // The next record; nothing at the present end. Damaged lines are left out.
  std::optional<LogRecord> next();
  // Gives the last record back: the next `next` returns it.
  void unread(LogRecord record) { returned_ = std::move(record); }

 private:
  bool open_part(const LogPart& part);
  bool fill();
  bool advance_file();
  std::optional<std::string_view> next_line();
  std::optional<size_t> skip_back(const LogPart& part, size_t count);

  std::string path_;
  sys::Fd fd_;
  FileId id_;
  std::unique_ptr<engine::registry::Inflate> inflate_;  // of a compressed part
  int64_t offset_ = 0;                                  // of the next read of a plain one
  std::string buffer_;
  size_t at_ = 0;  // into buffer_
  std::optional<LogRecord> returned_;
};

}  // namespace compose::ui
