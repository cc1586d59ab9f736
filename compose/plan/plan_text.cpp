#include "compose/plan/inventory.h"
#include "compose/plan/plan.h"

namespace compose {
namespace {

struct Verb {
  const char* operator()(const BuildImage&) const { return "Build"; }
  const char* operator()(const PullImage&) const { return "Pull"; }
  const char* operator()(const PushImage&) const { return "Push"; }
  const char* operator()(const CreateNetwork&) const { return "Create"; }
  const char* operator()(const RemoveNetwork&) const { return "Remove"; }
  const char* operator()(const CreateVolume&) const { return "Create"; }
  const char* operator()(const RemoveVolume&) const { return "Remove"; }
  const char* operator()(const RemoveImage&) const { return "Remove"; }
  const char* operator()(const CreateContainer&) const { return "Create"; }
  const char* operator()(const StartContainer&) const { return "Start"; }
  const char* operator()(const WaitFor&) const { return "Wait"; }
  const char* operator()(const MonitorContainer&) const { return "Monitor"; }
  const char* operator()(const Delay&) const { return "Delay"; }
  const char* operator()(const StopContainer&) const { return "Stop"; }
  const char* operator()(const KillContainer&) const { return "Kill"; }
  const char* operator()(const PauseContainer&) const { return "Pause"; }
  const char* operator()(const UnpauseContainer&) const { return "Unpause"; }
  const char* operator()(const DisconnectContainer&) const { return "Disconnect"; }
  const char* operator()(const RemoveContainer&) const { return "Remove"; }
  const char* operator()(const ReconfigureContainer&) const { return "Reconfigure"; }
  const char* operator()(const RenameContainer&) const { return "Rename"; }
};

std::string shown(std::chrono::milliseconds time) {
  const int64_t count = time.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + "s" : std::to_string(count) + "ms";
}

const char* shown(Update::OnFailure on_failure) {
  switch (on_failure) {
    case Update::OnFailure::kPause:
      break;
    case Update::OnFailure::kContinue:
      return "goes on after a failure";
    case Update::OnFailure::kRollBack:
      return "rolls back on a failure";
  }
  return "pauses on a failure";
}

// What the resource alone does not say: which of two containers of one name, what is waited for, which
// signal.
std::string detail(const Step& step) {
  if (const auto* create = std::get_if<CreateContainer>(&step.action)) {
    return step.resource == "Container " + create->config->name ? "" : " as " + create->config->name;
  }
  if (const auto* stop = std::get_if<StopContainer>(&step.action)) {
    return " (" + stop->container.substr(0, 12) + ")";
  }
  if (const auto* kill = std::get_if<KillContainer>(&step.action)) {
    return " (" + kill->container.substr(0, 12) + ") with " + kill->signal;
  }
  if (const auto* disconnect = std::get_if<DisconnectContainer>(&step.action)) {
    return " (" + disconnect->container.substr(0, 12) + ")";
  }
  if (const auto* remove = std::get_if<RemoveContainer>(&step.action)) {
    return " (" + remove->container.substr(0, 12) + (remove->volumes ? ", anonymous volumes too)" : ")");
  }
  if (const auto* rename = std::get_if<RenameContainer>(&step.action)) {
    return " from " + (rename->container.size() == 64 ? rename->container.substr(0, 12) : rename->container);
  }
  if (const auto* wait = std::get_if<WaitFor>(&step.action)) {
    const char* until = wait->condition == WaitFor::Condition::kHealthy                 ? " until healthy"
                        : wait->condition == WaitFor::Condition::kCompletedSuccessfully ? " until completed"
                                                                                        : " until running";
    return until + std::string(wait->required ? "" : " (optional)");
  }
  if (const auto* monitor = std::get_if<MonitorContainer>(&step.action))
    return (step.resource == "Container " + monitor->container ? "" : " as " + monitor->container) +
           (monitor->time ? " for " + shown(*monitor->time) : " until healthy, else for 5s");
  if (const auto* delay = std::get_if<Delay>(&step.action)) return " for " + shown(delay->time);
  if (const auto* start = std::get_if<StartContainer>(&step.action))
    return step.resource == "Container " + start->container ? "" : " as " + start->container;
  return "";
}

}  // namespace

std::string verb(const Action& action) {
  return std::visit(Verb{}, action);
}

std::string to_text(const Plan& plan) {
  std::string text;
  for (const auto& warning : plan.warnings) text += "warning: " + warning + "\n";
  for (const Step& step : plan.steps) {
    text += "[" + std::to_string(step.id) + "] " + verb(step.action) + " " + step.resource + detail(step);
    if (!step.reason.empty()) text += ": " + step.reason;
    std::vector<std::string> after;
    after.reserve(step.after.size());
    for (const int before : step.after) after.push_back(std::to_string(before));
    if (!after.empty()) text += " [after " + join(after, ", ") + "]";
    text += "\n";
  }
  for (const auto& [service, update] : plan.updates)
    text += "service " + service + ": " + update.how + ", " + shown(update.on_failure) + "\n";
  return text;
}

}  // namespace compose
