#pragma once
// Names, static addresses and host ports are held by one container at a time. Where a step of the plan takes
// one that an observed container still holds, it has to wait until the plan has freed it.
#include <map>
#include <string>
#include <vector>

#include "compose/plan/planner.h"
#include "compose/plan/step_list.h"

namespace compose {

// How the plan ends observed containers, by id.
struct Endings {
  std::map<std::string, int> stops;        // StopContainer steps
  std::map<std::string, int> disconnects;  // DisconnectContainer steps
  std::map<std::string, int> removals;     // RemoveContainer steps
  std::map<std::string, int> renames;      // RenameContainer steps that free its name before it is removed
};

// The ports a StartContainer step is going to bind.
struct PortClaim {
  int start;
  std::string container;     // name, for messages
  std::string container_id;  // of an observed container that is started again; else empty
  std::vector<engine::PublishedPort> ports;
  std::string beside{};  // a service whose containers leave it room: it is one of them, updated by groups
};

// Adds the edges. Throws PlanError when a fixed port is held by a running container of the project that the
// plan does not stop (an orphan, say).
void order_contention(StepList& steps, const Observed& observed, const Endings& endings,
                      const std::vector<PortClaim>& claims);

}  // namespace compose
