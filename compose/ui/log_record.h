#pragma once
// One record of a container's log in Docker's json-file format:
// {"log":"text\n","stream":"stdout","time":"..."}. A line longer than 16 KiB is several records; only the
// last ends in a newline.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace compose::ui {

struct LogRecord {
  int64_t time = 0;  // nanoseconds since 1970
  bool is_stderr = false;
  std::string text;
};

// Nothing for a damaged line.
std::optional<LogRecord> parse_log_record(std::string_view line);

}  // namespace compose::ui
