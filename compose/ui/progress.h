#pragma once
// What is shown while a plan runs, on standard error: a live block on a terminal, a line per change
// elsewhere, JSON lines, or nothing but errors. Thread-safe: steps report from worker threads.
#include <memory>
#include <optional>
#include <string>

#include "compose/execute/executor.h"
#include "compose/ui/terminal.h"

namespace compose::ui {

enum class ProgressMode { kAuto, kTty, kPlain, kJson, kQuiet };

// By name (--progress, COMPOSE_PROGRESS); nothing for an unknown one.
std::optional<ProgressMode> progress_mode(const std::string& name);

class Progress : public ProgressSink {
 public:
  // A resource that is already as it should be: "Container demo-db-1", "Running".
  virtual void note(const std::string& resource, const std::string& text) = 0;
  // An error of the command as a whole; the last thing shown.
  virtual void error(const std::string& message) = 0;
  // Leaves the last picture on the screen; what comes later begins anew below. May be called more than once.
  virtual void finish() = 0;
};

struct ProgressOptions {
  ProgressMode mode = ProgressMode::kAuto;
  bool colour = false;
  bool show_builds = true;  // build output lines
  bool show_layers = true;  // of images that are fetched or sent
};

// `write` takes whole lines or drawing commands; `size` is asked at each drawing. kAuto is decided by the
// caller.
std::unique_ptr<Progress> make_progress(const ProgressOptions& options, LiveBlock::Write write,
                                        LiveBlock::Size size);

}  // namespace compose::ui
