#include "compose/ui/text.h"

namespace compose::ui {
namespace {

// Length of the escape sequence or UTF-8 sequence at `at`, and the columns it takes.
struct Unit {
  size_t bytes;
  size_t columns;
};

Unit unit_at(std::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first == 0x1b && at + 1 < text.size() && text[at + 1] == '[') {
    size_t end = at + 2;
    while (end < text.size() && (text[end] < '@' || text[end] > '~')) ++end;
    return {std::min(end + 1, text.size()) - at, 0};
  }
  size_t bytes = 1;
  if (first >= 0xc0) {
    while (at + bytes < text.size() && bytes < 4 &&
           (static_cast<unsigned char>(text[at + bytes]) & 0xc0) == 0x80)
      ++bytes;
  }
  return {bytes, 1};
}

}  // namespace

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) {
    const Unit unit = unit_at(text, at);
    width += unit.columns;
    at += unit.bytes;
  }
  return width;
}

std::string fit(std::string_view text, size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::string result;
  bool styled = false;
  size_t width = 0;
  for (size_t at = 0; at < text.size();) {
    const Unit unit = unit_at(text, at);
    if (width + unit.columns > columns - 1) break;
    if (unit.columns == 0) styled = true;
    width += unit.columns;
    result += text.substr(at, unit.bytes);
    at += unit.bytes;
  }
  result += "\u2026";
  if (styled) result += "\x1b[0m";
  return result;
}

std::string pad(std::string_view text, size_t columns) {
  std::string result(text);
  const size_t width = display_width(text);
  if (width < columns) result.append(columns - width, ' ');
  return result;
}

std::string one_line(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const Unit unit = unit_at(text, at);
    const auto first = static_cast<unsigned char>(text[at]);
    if (first == '\t' || first == '\n') {
      result += ' ';
    } else if (first >= 0x20 && first != 0x7f) {
      result += text.substr(at, unit.bytes);
    }
    at += unit.bytes;
  }
  return result;
}

}  // namespace compose::ui
