#include "compose/execute/progress_text.h"

#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"

namespace compose {
namespace {

// The new container of a recreate; its rename ends the recreate.
bool replaces(const CreateContainer& create) {
  return create.config->labels.count(label::kReplace) != 0;
}

// An old container makes room and is kept for a while.
bool sets_aside(const RenameContainer& rename) {
  return is_set_aside(rename.container, rename.name);
}

struct Running {
  const char* operator()(const BuildImage&) const { return "Building"; }
  const char* operator()(const PullImage&) const { return "Pulling"; }
  const char* operator()(const PushImage&) const { return "Pushing"; }
  const char* operator()(const CreateNetwork&) const { return "Creating"; }
  const char* operator()(const RemoveNetwork&) const { return "Removing"; }
  const char* operator()(const CreateVolume&) const { return "Creating"; }
  const char* operator()(const RemoveVolume&) const { return "Removing"; }
  const char* operator()(const RemoveImage&) const { return "Removing"; }
  const char* operator()(const CreateContainer& create) const {
    return replaces(create) ? "Recreate" : "Creating";
  }
  const char* operator()(const StartContainer&) const { return "Starting"; }
  const char* operator()(const WaitFor&) const { return "Waiting"; }
  const char* operator()(const MonitorContainer&) const { return "Monitoring"; }
  const char* operator()(const Delay&) const { return "Waiting"; }
  const char* operator()(const StopContainer&) const { return "Stopping"; }
  const char* operator()(const KillContainer&) const { return "Killing"; }
  const char* operator()(const PauseContainer&) const { return "Pausing"; }
  const char* operator()(const UnpauseContainer&) const { return "Unpausing"; }
  const char* operator()(const DisconnectContainer&) const { return "Disconnecting"; }
  const char* operator()(const RemoveContainer&) const { return "Removing"; }
  const char* operator()(const ReconfigureContainer&) const { return "Reconfiguring"; }
  const char* operator()(const RenameContainer& rename) const {
    return sets_aside(rename) ? "Setting aside" : "Recreate";
  }
};

struct Done {
  const char* operator()(const BuildImage&) const { return "Built"; }
  const char* operator()(const PullImage&) const { return "Pulled"; }
  const char* operator()(const PushImage&) const { return "Pushed"; }
  const char* operator()(const CreateNetwork&) const { return "Created"; }
  const char* operator()(const RemoveNetwork&) const { return "Removed"; }
  const char* operator()(const CreateVolume&) const { return "Created"; }
  const char* operator()(const RemoveVolume&) const { return "Removed"; }
  const char* operator()(const RemoveImage&) const { return "Removed"; }
  const char* operator()(const CreateContainer& create) const {
    return replaces(create) ? "Recreated" : "Created";
  }
  const char* operator()(const StartContainer&) const { return "Started"; }
  const char* operator()(const WaitFor& wait) const {
    switch (wait.condition) {
      case WaitFor::Condition::kRunning:
        break;
      case WaitFor::Condition::kHealthy:
        return "Healthy";
      case WaitFor::Condition::kCompletedSuccessfully:
        return "Exited";
    }
    return "Running";
  }
  const char* operator()(const MonitorContainer&) const { return "Good"; }
  const char* operator()(const Delay&) const { return "Waited"; }
  const char* operator()(const StopContainer&) const { return "Stopped"; }
  const char* operator()(const KillContainer&) const { return "Killed"; }
  const char* operator()(const PauseContainer&) const { return "Paused"; }
  const char* operator()(const UnpauseContainer&) const { return "Unpaused"; }
  const char* operator()(const DisconnectContainer&) const { return "Disconnected"; }
  const char* operator()(const RemoveContainer&) const { return "Removed"; }
  const char* operator()(const ReconfigureContainer&) const { return "Reconfigured"; }
  const char* operator()(const RenameContainer& rename) const {
    return sets_aside(rename) ? "Set aside" : "Recreated";
  }
};

}  // namespace

std::string running_text(const Action& action) {
  return std::visit(Running{}, action);
}

std::string done_text(const Action& action) {
  return std::visit(Done{}, action);
}

}  // namespace compose
