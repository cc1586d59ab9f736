#include "compose/ui/bottom_line.h"

#include "compose/ui/text.h"
#include "sys/error.h"

namespace compose::ui {
namespace {
constexpr const char* kErase = "\r\x1b[J";
}

BottomLine::BottomLine(int fd, Write write, Size size)
    : fd_(fd), write_(std::move(write)), size_(std::move(size)) {}

BottomLine::~BottomLine() {
  try {
    show("");
  } catch (const sys::Error&) {
    return;  // the terminal has gone
  }
}

// The last column stays free: terminals differ in when they wrap there.
std::string BottomLine::drawn() const {
  if (text_.empty()) return "";
  const size_t columns = size_().columns;
  return fit(text_, columns > 1 ? columns - 1 : 1) + '\r';
}

void BottomLine::show(const std::string& text) {
  const std::scoped_lock lock(mutex_);
  text_ = text;
  const std::string line = drawn();
  if (is_drawn_ || !line.empty()) write_(fd_, kErase + line);
  is_drawn_ = !line.empty();
}

void BottomLine::redraw() {
  const std::scoped_lock lock(mutex_);
  if (is_drawn_) write_(fd_, kErase + drawn());
}

void BottomLine::write(int fd, std::string_view text) {
  const std::scoped_lock lock(mutex_);
  if (!is_drawn_) return write_(fd, text);
  write_(fd_, kErase);
  write_(fd, text);
  write_(fd_, drawn());
}

}  // namespace compose::ui
