#pragma once
// A line at the bottom of the terminal that stays below what is written meanwhile, by whatever thread: the
// keys of `up`. The cursor stands at its beginning between writes, so a terminal that wraps the line anew
// when it becomes narrower does no harm: what is erased is always from there on. Thread-safe.
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "compose/ui/terminal.h"

namespace compose::ui {

class BottomLine {
 public:
  using Write = std::function<void(int fd, std::string_view text)>;
  using Size = std::function<TerminalSize()>;
  // The terminal is at `fd`, where the line is drawn.
  BottomLine(int fd, Write write, Size size);
  ~BottomLine();  // takes it off; errors of writing are lost
  BottomLine(const BottomLine&) = delete;
  BottomLine& operator=(const BottomLine&) = delete;

  // What it says; "" takes it off. Cut to the terminal's width.
  void show(const std::string& text);
  void redraw();  // the size has changed
  // Whole lines go above it. Throws what writing throws.
  void write(int fd, std::string_view text);

 private:
  std::string drawn() const;

  int fd_;
  Write write_;
  Size size_;
  std::mutex mutex_;
  std::string text_;
  bool is_drawn_ = false;
};

}  // namespace compose::ui
