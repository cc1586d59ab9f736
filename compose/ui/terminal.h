#pragma once
// Drawing lines on a terminal: a block of lines that is redrawn in place. Knows nothing of what the lines
// mean. Not thread-safe. The screen below the cursor belongs to the block until it is released.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace compose::ui {

struct TerminalSize {
  size_t columns = 80;
  size_t rows = 24;
};

// Size of the terminal on `fd`; 80x24 when it has none or tells none.
TerminalSize terminal_size(int fd);
bool is_terminal(int fd);

class LiveBlock {
 public:
  using Write = std::function<void(std::string_view)>;
  using Size = std::function<TerminalSize()>;
  LiveBlock(Write write, Size size) : write_(std::move(write)), size_(std::move(size)) {}

  // Replaces what the block shows. Each line is cut to the terminal's width, and the block to its height.
  void draw(const std::vector<std::string>& lines);
  // Takes the block off the screen; the cursor is where the block began.
  void erase();
  // Leaves the block where it is and begins anew below.
  void release() { widths_.clear(); }

 private:
  std::string rewind();

  Write write_;
  Size size_;
  std::vector<size_t> widths_;  // of the lines on the screen: a narrower terminal has wrapped them since
};

}  // namespace compose::ui
