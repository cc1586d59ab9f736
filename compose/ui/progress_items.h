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

// An instruction of an image that is being built.
struct ProgressVertex {
  int id = 0;
  std::string title;  // "[build 2/7] RUN make"
  enum class State { kRunning, kCached, kDone, kFailed } state = State::kRunning;
  Clock::time_point began, ended;
  std::deque<std::string> tail;  // last lines of output
};

struct ProgressItem {
  std::string resource;  // "Container demo-web-1"
  std::string text;      // "Starting"
  StepStatus status = StepStatus::kRunning;
  Clock::time_point began, ended;
  std::vector<ProgressVertex> vertices;  // of a running build, in the order they began
  LayerList layers;                      // of an image on its way
};

class ProgressItems {
 public:
  ProgressItem& at(const std::string& resource, Clock::time_point now);
  void change(const std::string& resource, StepStatus status, const std::string& text, Clock::time_point now);
  void build(const std::string& resource, const BuildEvent& event, Clock::time_point now);
  bool empty() const { return items_.empty(); }
  void clear() { items_.clear(); }

  // Header and a line per item; below an image that is being built its instructions, those at work with their
  // last output. Where the screen is too low, that output is left out first, then instructions that are
  // done, then items that are.
  std::vector<std::string> picture(Clock::time_point now, TerminalSize size, bool colour) const;

 private:
  // How much of the builds is shown.
  struct BuildDetail {
    size_t tail, done;  // lines of output; instructions that are done
    bool running;       // instructions at work
  };
  static void add_build(std::vector<std::string>& lines, const ProgressItem& item, const BuildDetail& detail,
                        Clock::time_point now, size_t columns, bool colour);
  std::vector<std::string> picture_with(const BuildDetail& detail, Clock::time_point now, TerminalSize size,
                                        bool colour) const;

  std::vector<ProgressItem> items_;
};

// What a step's line says: the executor's word, and for a container that replaces another the reason.
std::string step_text(const Step& step, StepStatus status, const std::string& text);

}  // namespace compose::ui
