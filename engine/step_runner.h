#pragma once
// Runs a build's RUN steps as containers: the runtime, the build network, the run folder of each step.
#include "engine/build/builder.h"
#include "engine/build_network.h"
#include "engine/container/spec.h"
#include "engine/paths.h"

namespace engine {

// One for a build. Thread-safe.
class LocalStepRunner final : public StepRunner {
 public:
  LocalStepRunner(Engine& engine, const Paths& paths) : network_(engine), paths_(paths) {}

  // A step's cgroup and confinement are those of a container; it ends with this process.
  int run(const RunRequest& request, const std::function<void(const std::string&)>& output,
          int cancel_fd) override;

 private:
  Spec make_spec(const RunRequest& request, const std::string& run_dir,
                 const BuildNetwork::Place& place) const;

  BuildNetwork network_;
  const Paths& paths_;
};

}  // namespace engine
