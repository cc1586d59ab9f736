#pragma once
// Text as a terminal shows it: UTF-8, and ANSI escape sequences that take no room.
#include <string>
#include <string_view>

namespace compose::ui {

// Columns `text` takes: a code point is one column, an escape sequence none.
size_t display_width(std::string_view text);
// `text` cut to `columns`, ending in an ellipsis when something was cut off; a cut style is switched off
// again.
std::string fit(std::string_view text, size_t columns);
// `text` followed by spaces up to `columns`.
std::string pad(std::string_view text, size_t columns);
// The text with control characters taken out, safe to draw inside one line.
std::string one_line(std::string_view text);

}  // namespace compose::ui
