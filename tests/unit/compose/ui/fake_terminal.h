#pragma once
// A terminal in memory: enough of VT100 for what LiveBlock writes. Wraps long lines, scrolls nothing away.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "compose/ui/terminal.h"

namespace compose::test {

class FakeTerminal {
 public:
  explicit FakeTerminal(size_t columns, size_t rows = 24) : size{columns, rows} {}

  ui::TerminalSize size;
  bool wrapped = false;  // some line was wider than the screen

  void write(std::string_view text) {
    for (size_t at = 0; at < text.size();) {
      const auto byte = static_cast<unsigned char>(text[at]);
      if (byte == 0x1b) {
        at = escape(text, at);
      } else if (byte == '\n') {
        ++row_, column_ = 0, ++at;
      } else if (byte == '\r') {
        column_ = 0, ++at;
      } else {
        at = put(text, at);
      }
    }
  }

  std::string screen() const {
    std::string text;
    for (const auto& line : lines_) {
      for (const std::string& cell : line) text += cell;
      text += '\n';
    }
    return text;
  }
  size_t row() const { return row_; }

 private:
  size_t put(std::string_view text, size_t at) {
    size_t bytes = 1;
    while (at + bytes < text.size() && (static_cast<unsigned char>(text[at + bytes]) & 0xc0) == 0x80) ++bytes;
    if (column_ == size.columns) wrapped = true, ++row_, column_ = 0;
    if (lines_.size() <= row_) lines_.resize(row_ + 1);
    if (lines_[row_].size() <= column_) lines_[row_].resize(column_ + 1, " ");
    lines_[row_][column_++] = text.substr(at, bytes);
    return at + bytes;
  }
  size_t escape(std::string_view text, size_t at) {
    size_t end = at + 2;
    while (text[end] < '@' || text[end] > '~') ++end;
    const size_t count =
        static_cast<size_t>(std::max(1, std::atoi(std::string(text.substr(at + 2)).c_str())));
    if (text[end] == 'A') row_ -= std::min(row_, count);
    if (text[end] == 'B') row_ += count;
    if (text[end] == 'K' && lines_.size() > row_) lines_[row_].resize(std::min(lines_[row_].size(), column_));
    if (text[end] == 'J') {
      lines_.resize(std::min(lines_.size(), row_ + 1));
      if (lines_.size() > row_) lines_[row_].resize(std::min(lines_[row_].size(), column_));
      while (!lines_.empty() && lines_.back().empty()) lines_.pop_back();
    }
    return end + 1;
  }

  std::vector<std::vector<std::string>> lines_;
  size_t row_ = 0, column_ = 0;
};

}  // namespace compose::test
