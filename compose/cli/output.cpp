#include "compose/cli/output.h"

#include <atomic>

#include "compose/cli/lean.h"
#include "compose/ui/bottom_line.h"
#include "sys/fd.h"

namespace compose::cli {
namespace {
std::atomic<ui::BottomLine*> bottom_line{nullptr};  // a process has one terminal
}

void write_output(int fd, std::string_view text) {
  lean::show();
  if (ui::BottomLine* line = bottom_line) {
    line->write(fd, text);
  } else {
    sys::write_all(fd, text.data(), text.size());
  }
}

void keep_below(ui::BottomLine* line) {
  bottom_line = line;
}

}  // namespace compose::cli
