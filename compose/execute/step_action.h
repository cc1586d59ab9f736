#pragma once
// Does what one step says. Where the engine answers that things are already as the step wants them (a second
// process was faster, an earlier run was killed just after), that is success.
#include <functional>
#include <mutex>
#include <string>

#include "compose/execute/executor.h"
#include "compose/execute/update_watch.h"

namespace compose {

// Where a step reports to while it runs; takes the executor's lock for each call. Thread-safe.
class Reporter {
 public:
  Reporter(ProgressSink& sink, std::mutex& mutex) : sink_(sink), mutex_(mutex) {}
  void step_changed(const Step& step, StepStatus status, const std::string& text);
  void build_event(const Step& step, const BuildEvent& event);
  void layer_changed(const Step& step, const engine::LayerEvent& event);
  void hook_output(const Step& step, const std::string& line);
  void warning(const std::string& text);

 private:
  // What cannot be shown does not stop what is being done.
  void report(const std::function<void()>& show);

  ProgressSink& sink_;
  std::mutex& mutex_;
};

// Returns the text for progress ("Created"). Calls `recorded`, if at all, when what a CreateContainer needs
// of this step is there already. Throws Cancelled, ConditionFailed, ContainerFailed, and what the engine
// throws.
std::string perform(const Step& step, engine::Engine& engine, Reporter& reporter, UpdateTally& tally,
                    const Cancellation& cancellation, const std::function<void()>& recorded);

}  // namespace compose
