#pragma once
// What can be done to a container that exists beside what plans are made of (engine.h): the commands for
// single containers ask for it. An engine that can is this as well. Errors and threads as in engine.h.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/container/resources.h"
#include "engine/copy/sync.h"

namespace engine {

class Engine;

// How a container is stopped.
struct StopRequest {
  std::optional<int64_t> grace_ms{};  // until it is killed; unset: the container's own
  std::string signal{};               // empty: the container's own
};

// What can be changed about a container, also while it runs.
struct ContainerLimits {
  Resources resources;
  std::string restart;  // ContainerConfig::restart
  int restart_max = 0;
};

// Paths of a container that are to be what they are here (copy/sync.h), in this order.
struct SyncRequest {
  std::vector<SyncPath> paths;
  std::function<bool()> cancelled{};
};
struct SyncResult {
  int64_t objects = 0, bytes = 0;
  std::vector<std::string> left_out;  // as of CopyResult
  std::vector<std::string> failed;    // a message each; the other paths were brought
};

class ContainerLife {
 public:
  virtual ~ContainerLife() = default;

  // As Engine::stop_container.
  virtual void stop(const std::string& id, const StopRequest& request) = 0;
  // Stops it, if it is up, and starts it; nobody else does anything to it in between, and one with
  // auto_remove stays.
  virtual void restart(const std::string& id, const StopRequest& request) = 0;
  // `change` is given what the container has; what it makes of it holds at once, where it runs, and for good.
  // kUnavailable when this host refuses a limit: its next start knows nothing of the change then.
  virtual void update(const std::string& id, const std::function<void(ContainerLimits&)>& change) = 0;
  // Gives a load balancer another environment, by which it goes at once, where it runs, and other labels.
  // kConflict for any other container: what its programs have been given stays.
  virtual void reconfigure(const std::string& id, const std::map<std::string, std::string>& environment,
                           const std::map<std::string, std::string>& labels) = 0;
  // Files into a container, up or down, as Engine::copy_into. Where its program runs as a user of its own
  // they are that user's, else whose they are here. kConflict while it restarts.
  virtual SyncResult sync(const std::string& id, const SyncRequest& request) = 0;
};

// Throws engine::Error(kUnavailable) for an engine that cannot do these.
ContainerLife& container_life(Engine& engine);

}  // namespace engine
