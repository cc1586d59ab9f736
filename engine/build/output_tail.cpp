#include "engine/build/output_tail.h"

namespace engine::build {

namespace {
constexpr size_t kMaxLine = 2000;  // a progress bar may be one endless line
}

void OutputTail::add(const std::string& bytes) {
  for (const char c : bytes) {
    if (!open_) {
      lines_.emplace_back();
      if (lines_.size() > limit_) lines_.pop_front();
      open_ = true;
    }
    std::string& line = lines_.back();
    if (c == '\n') {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      open_ = false;
    } else {
      // A carriage return starts the line anew, as on a terminal.
      if (!line.empty() && line.back() == '\r') line.clear();
      if (line.size() < kMaxLine) line += c;
    }
  }
}

std::string OutputTail::to_text() const {
  std::string text;
  for (const std::string& line : lines_) text += "\n  | " + line;
  return text;
}

}  // namespace engine::build
