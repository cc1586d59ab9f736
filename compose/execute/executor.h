#pragma once
// Runs a plan on an engine: in parallel, bounded, cancellable. Steps are idempotent, so a run that was killed
// at any point is made good by planning and running again.
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "compose/plan/plan.h"
#include "engine/engine.h"

namespace compose {

// What happens in the build of an image, instruction by instruction. Those of several stages are mixed.
struct BuildEvent {
  enum class Kind { kBegin, kLine, kDone, kFailed };
  Kind kind = Kind::kBegin;
  engine::BuildStep step;
  bool cached = false;       // kBegin: nothing has to be done
  std::string line;          // kLine: of output, without its end
  int64_t milliseconds = 0;  // kDone, kFailed
};

enum class StepStatus { kWaiting, kRunning, kDone, kFailed, kCancelled };

// Hears what happens; called from worker threads, one call at a time (the executor holds a lock).
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  // `text` is "Creating", "Created", "Starting", "Healthy", "Error ...", as docker compose says it.
  virtual void step_changed(const Step& step, StepStatus status, const std::string& text) = 0;
  virtual void build_event(const Step& step, const BuildEvent& event) = 0;
  // A layer of the image that the step pulls or pushes. Sinks that have no room for it do not show it.
  virtual void layer_changed(const Step&, const engine::LayerEvent&) {}
  // A line that a hook of the step's container wrote, without its end. As above.
  virtual void hook_output(const Step&, const std::string&) {}
  virtual void warning(const std::string& text) = 0;
};

// Set from a signal handler thread; polled and, for blocking waits, seen through the descriptor.
class Cancellation {
 public:
  Cancellation();
  ~Cancellation();
  void cancel();
  bool cancelled() const;
  int fd() const;  // readable once cancelled

 private:
  std::atomic<bool> cancelled_{false};
  int fd_ = -1;
};

struct RunOptions {
  int parallel = 0;  // at most this many steps at once; 0: chosen (at least 8, and 64 stops beside them)
};

struct RunResult {
  bool ok = true;
  bool cancelled = false;
  // Most important first. Of a build the whole message, with the place and the last output; of others the
  // first line.
  std::vector<std::string> errors;
  std::set<std::string> failed_updates;  // services, of Plan::updates
};

// Steps whose dependency failed are not run; independent ones still are. Does not throw for failing steps.
RunResult run(const Plan& plan, engine::Engine& engine, ProgressSink& progress,
              const Cancellation& cancellation, const RunOptions& options = {});

}  // namespace compose
