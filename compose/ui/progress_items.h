#pragma once
// The state of a live progress display as plain data, and its picture: a pure function of state, time and
// width.
#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "compose/execute/executor.h"
#include "compose/ui/layer_list.h"
#include "compose/ui/terminal.h"

namespace compose::ui {

using Clock = std::chrono::steady_clock;

struct ProgressItem {
  std::string resource;  // "Container demo-web-1"
  std::string text;      // "Starting"
  StepStatus status = StepStatus::kRunning;
  Clock::time_point began, ended;
  std::deque<std::string> build_tail;  // last output lines of a running build
  LayerList layers;                    // of an image on its way
};

class ProgressItems {
 public:
  ProgressItem& at(const std::string& resource, Clock::time_point now);
  void change(const std::string& resource, StepStatus status, const std::string& text, Clock::time_point now);
  bool empty() const { return items_.empty(); }
  void clear() { items_.clear(); }

  // Header and a line per item. Where the screen is too low, items that are done are left out first.
  std::vector<std::string> picture(Clock::time_point now, TerminalSize size, bool colour) const;

 private:
  std::vector<ProgressItem> items_;
};

// What a step's line says: the executor's word, and for a container that replaces another the reason.
std::string step_text(const Step& step, StepStatus status, const std::string& text);

}  // namespace compose::ui
