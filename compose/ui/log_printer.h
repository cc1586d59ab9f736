#pragma once
// Log records as lines: "web-1  | text", each container's name in its service's colour. Lines are kept whole:
// records of one line that came in parts are put together first. What containers wrote to stderr goes to our
// stderr.
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "compose/ui/log_record.h"
#include "compose/ui/palette.h"

namespace compose::ui {

struct LogStyle {
  bool prefix = true;
  bool timestamps = false;
  bool colour = false;
};

// Descriptors that what containers wrote, and news of them, is written to. They may be the same.
struct LogOutputs {
  int out = 1;
  int err = 2;
  int status = 1;
  // How it is written; unset: by write(2).
  std::function<void(int fd, std::string_view text)> write{};
};

// Not thread-safe. Output is collected until `flush`.
class LogPrinter {
 public:
  LogPrinter(LogStyle style, LogOutputs outputs)
      : style_(style), outputs_(std::move(outputs)), palette_(style.colour) {}

  // Makes the name column wide enough; to be called for all containers known at the time.
  void expect(const std::string& name);
  void print(const std::string& service, const std::string& name, const LogRecord& record);
  // "web-1 exited with code 0", after what is left of the container's unfinished lines.
  void status(const std::string& service, const std::string& name, const std::string& text);
  // Writes what was collected. Throws sys::Error.
  void flush();

 private:
  struct Partial {
    std::string text;
    int64_t time = 0;
  };
  void to(int fd);
  void line(const std::string& service, const std::string& name, bool is_stderr, int64_t time,
            std::string_view text);

  LogStyle style_;
  LogOutputs outputs_;
  Palette palette_;
  size_t width_ = 0;
  std::map<std::pair<std::string, bool>, Partial> partial_;  // by container and stream
  std::string pending_;  // to one descriptor at a time, so that order is kept
  int pending_fd_ = -1;
};

// A container's name as logs show it: without "<project>-" and without the mark of one that is being
// replaced.
std::string log_name(const std::string& project, const std::string& container);

}  // namespace compose::ui
