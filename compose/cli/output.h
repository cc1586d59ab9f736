#pragma once
// Where threads that run beside each other write: `up` with its logs, progress, watching and menu.
#include <string_view>

namespace compose::ui {
class BottomLine;
}

namespace compose::cli {

// To standard output or error. While there is a bottom line it stays below; progress goes this way by itself.
// Throws sys::Error.
void write_output(int fd, std::string_view text);
// `line` has to outlive who writes; null: there is none any more.
void keep_below(ui::BottomLine* line);

}  // namespace compose::cli
