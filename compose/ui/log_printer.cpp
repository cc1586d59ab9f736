#include "compose/ui/log_printer.h"

#include <algorithm>

#include "compose/ui/text.h"
#include "compose/ui/timestamp.h"
#include "sys/fd.h"

namespace compose::ui {
namespace {
constexpr size_t kFlushAt = 64 * 1024;
}

void LogPrinter::expect(const std::string& name) {
  width_ = std::max(width_, display_width(name));
}

void LogPrinter::to(int fd) {
  if (fd != pending_fd_ || pending_.size() > kFlushAt) flush();
  pending_fd_ = fd;
}

void LogPrinter::line(const std::string& service, const std::string& name, bool is_stderr, int64_t time,
                      std::string_view text) {
  to(is_stderr ? outputs_.err : outputs_.out);
  if (style_.prefix) pending_ += palette_.paint(service, pad(name, width_) + "  | ");
  if (style_.timestamps) pending_ += to_rfc3339(time) + ' ';
  pending_ += text;
  pending_ += '\n';
}

void LogPrinter::print(const std::string& service, const std::string& name, const LogRecord& record) {
  Partial& partial = partial_[{name, record.is_stderr}];
  if (partial.text.empty()) partial.time = record.time;
  std::string_view rest = record.text;
  for (;;) {
    const size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) break;
    std::string_view text = rest.substr(0, newline);
    if (!partial.text.empty()) {
      partial.text += text;
      text = partial.text;
    }
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);  // of a pseudo terminal
    line(service, name, record.is_stderr, partial.time, text);
    partial.text.clear();
    partial.time = record.time;
    rest.remove_prefix(newline + 1);
  }
  partial.text += rest;
}

void LogPrinter::status(const std::string& service, const std::string& name, const std::string& text) {
  for (const bool is_stderr : {false, true}) {
    Partial& partial = partial_[{name, is_stderr}];
    if (partial.text.empty()) continue;
    line(service, name, is_stderr, partial.time, partial.text);
    partial.text.clear();
  }
  if (text.empty()) return;
  to(outputs_.status);
  pending_ += palette_.paint(service, name) + ' ' + text + '\n';
}

void LogPrinter::flush() {
  if (!pending_.empty() && outputs_.write) {
    outputs_.write(pending_fd_, pending_);
  } else if (!pending_.empty()) {
    sys::write_all(pending_fd_, pending_);
  }
  pending_.clear();
}

std::string log_name(const std::string& project, const std::string& container) {
  std::string name = container;
  if (name.size() > 13 && name[12] == '_' &&
      std::all_of(name.begin(), name.begin() + 12, [](unsigned char c) { return std::isxdigit(c) != 0; })) {
    name.erase(0, 13);
  }
  const size_t prefix = project.size() + 1;
  if (name.size() <= prefix || name.compare(0, project.size(), project) != 0) return name;
  // demo_web_1, of --compatibility; a container_name such as demo_db is shown in whole.
  const bool numbered = name.find_last_not_of("0123456789") == name.rfind('_') && name.back() != '_';
  if (name[prefix - 1] == '-' || (name[prefix - 1] == '_' && numbered)) name.erase(0, prefix);
  return name;
}

}  // namespace compose::ui
