#include "compose/ui/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "compose/ui/text.h"

namespace compose::ui {

TerminalSize terminal_size(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row == 0 ? 24U : size.ws_row};
}

bool is_terminal(int fd) {
  return ::isatty(fd) == 1;
}

std::string LiveBlock::rewind() {
  if (widths_.empty()) return {};
  const size_t columns = std::max<size_t>(1, size_().columns);
  size_t rows = 0;
  for (const size_t width : widths_) rows += std::max<size_t>(1, (width + columns - 1) / columns);
  widths_.clear();
  return "\x1b[" + std::to_string(rows) + "A\r";
}

void LiveBlock::draw(const std::vector<std::string>& lines) {
  const TerminalSize size = size_();
  // What was there is written over, and only what is left of it erased: to erase all first would flicker, and
  // a terminal takes the erasing of a whole screen for a wish to keep it in its history.
  std::string out = rewind();
  const bool over = !out.empty();
  // One row is kept for the cursor below the block: a block as high as the screen would scroll and leave
  // copies.
  const size_t shown = std::min(lines.size(), size.rows > 1 ? size.rows - 1 : 1);
  for (size_t i = 0; i < shown; ++i) {
    // The last column stays free: terminals differ in when they wrap there.
    const std::string line = fit(lines[i], size.columns > 1 ? size.columns - 1 : 1);
    widths_.push_back(display_width(line));
    out += line + (over ? "\x1b[K\n" : "\n");
  }
  if (over) out += "\x1b[J";
  write_(out);
}

void LiveBlock::erase() {
  const std::string out = rewind();
  if (!out.empty()) write_(out + "\x1b[K\x1b[B\x1b[J\x1b[A");  // in two parts, for the same reason
}

}  // namespace compose::ui
