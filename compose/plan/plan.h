#pragma once
// A plan is a DAG of atomic steps, each with its reason. Plain data: printed by --dry-run, run by execute/.
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/build/builder.h"
#include "engine/model.h"

namespace compose {

// ---- what a step does (engine verbs with their arguments)
// What is large lies apart: a plan may have thousands of steps.
template <typename Value>
using Apart = std::shared_ptr<const Value>;

struct BuildImage {
  BuildImage(std::string name, engine::BuildRequest wanted)
      : service(std::move(name)), request(std::make_shared<const engine::BuildRequest>(std::move(wanted))) {}
  std::string service;
  Apart<engine::BuildRequest> request;
};
struct PullImage {
  std::string service;    // the first that names it; empty: none does
  std::string image;      // as it is named there
  std::string platform;   // empty: this machine's
  bool optional = false;  // it can be built as well: a failure only warns
};
struct PushImage {
  std::string image;
  bool optional = false;  // as above
};
struct CreateNetwork {
  engine::NetworkConfig config;
};
struct RemoveNetwork {
  std::string name;
  bool best_effort = false;  // still in use: a warning, not a failure (down)
};
struct CreateVolume {
  engine::VolumeConfig config;
};
struct RemoveVolume {
  std::string name;
  bool best_effort = false;  // as above
};
struct RemoveImage {
  std::string reference;  // in use by other containers: a warning, not a failure
};
struct CreateContainer {
  CreateContainer(std::string name, engine::ContainerConfig container)
      : service(std::move(name)),
        config(std::make_shared<const engine::ContainerConfig>(std::move(container))) {}
  std::string service;
  Apart<engine::ContainerConfig> config;
};
// A command that is run in a container at a turn of its life. What it does not say is the container's.
struct Hook {
  std::vector<std::string> command;
  std::string user, working_dir;
  std::vector<std::string> environment;  // NAME=VALUE
  bool privileged = false;
};
struct StartContainer {
  std::string container;           // name
  std::vector<Hook> post_start{};  // run one after the other once it runs; the first that fails ends the step
  bool restarts = false;           // the plan has stopped it for this
  bool tried =
      false;  // a failure is judged by the MonitorContainer step that comes for it: the step succeeds
};
// Waits until the dependency's condition holds for all its containers. kRunning: it is running, or has run
// and ended with 0. The planner makes one step a container, so that each shows its own progress.
struct WaitFor {
  enum class Condition { kRunning, kHealthy, kCompletedSuccessfully };
  std::string service;
  std::vector<std::string> containers;  // names
  Condition condition = Condition::kRunning;
  bool required = true;  // false: a failure only warns
};
// Part of an update by groups: the container runs, is healthy where it has a health check, and has stayed so
// for a while. Until then it can fail: by ending, by getting unhealthy, by not having started.
struct MonitorContainer {
  std::string service;
  std::string container;  // name
  // For how long; unset: as soon as it is healthy, and for 5 s where it has no health check.
  std::optional<std::chrono::milliseconds> time{};
  bool may_finish = false;  // it is a one-shot job: to end with 0 is success
  int tolerated = 0;        // so many failures in the service's update only warn
  int restarts = 0;         // it has had before this plan
  bool back = false;        // it is an old one, of an update that is rolled back
};
// Nothing for a while: deploy.update_config.delay.
struct Delay {
  std::chrono::milliseconds time{};
};
struct StopContainer {
  std::string container;  // id
  std::optional<int64_t> grace_ms;
  std::vector<Hook> pre_stop{};  // run before; when one fails the container is not stopped
};
struct KillContainer {
  std::string container;  // id
  std::string signal;
};
struct PauseContainer {
  std::string container;  // id
};
struct UnpauseContainer {
  std::string container;  // id
};
// Frees the addresses of a container that is down, so that others can take them and its networks can be
// removed.
struct DisconnectContainer {
  std::string container;  // id
};
struct RemoveContainer {
  std::string container;  // id
  bool force = false;
  bool volumes = false;
};
// Of a load balancer that runs: it goes by other settings from now on, and nobody who uses it notices.
struct ReconfigureContainer {
  std::string container;  // id
  std::map<std::string, std::string> environment;
  engine::Labels labels;
};
struct RenameContainer {
  std::string container;  // name or id
  std::string name;
};

using Action =
    std::variant<PullImage, BuildImage, PushImage, CreateNetwork, RemoveNetwork, CreateVolume, RemoveVolume,
                 RemoveImage, CreateContainer, StartContainer, WaitFor, MonitorContainer, Delay,
                 StopContainer, KillContainer, PauseContainer, UnpauseContainer, DisconnectContainer,
                 RemoveContainer, ReconfigureContainer, RenameContainer>;

struct Step {
  int id = 0;            // index in Plan::steps
  std::string resource;  // what progress shows: "Container demo-web-1", "Network demo_default"
  Action action;
  std::string reason;      // "config changed: environment.FOO", "not there yet", ...
  std::vector<int> after;  // ids of steps that must have succeeded before
  std::string update{};    // the service whose update by groups it is part of (Plan::updates); else empty
};

// A service's update by groups (deploy.update_config), or the way back from it.
struct Update {
  enum class OnFailure { kPause, kContinue, kRollBack };
  OnFailure on_failure = OnFailure::kPause;  // kRollBack: by plan_rollback, of what is observed then
  std::string how;                           // for people: "2 at a time, start-first"
};

struct Plan {
  std::vector<Step> steps;
  std::vector<std::string> warnings;        // orphans, ...
  std::map<std::string, Update> updates{};  // by service
  bool empty() const { return steps.empty(); }
};

std::string verb(const Action& action);  // "Create", "Start", ...: --dry-run
std::string to_text(const Plan& plan);   // a line per step with its reason, dependencies by number

}  // namespace compose
