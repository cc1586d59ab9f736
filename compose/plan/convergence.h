#pragma once
// Which of a service's containers stay, which are replaced, made or removed. Says what and why; the steps are
// made in slot_steps.cpp.
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compose/plan/describe.h"
#include "compose/plan/planner.h"

namespace compose {

// One container as it shall be.
struct Slot {
  int number = 1;
  std::string name;                                     // final
  const engine::ContainerInfo* current = nullptr;       // kept, or replaced when `make`; null: there is none
  std::vector<const engine::ContainerInfo*> leftovers;  // of an interrupted recreate: to be removed
  bool make = false;                                    // create (and replace `current`)
  bool reconfigure = false;                             // `current` goes by other settings while it runs
  std::string reason;                                   // why
};

struct Surplus {
  const engine::ContainerInfo* container;
  std::string reason;
};

struct Convergence {
  std::vector<Slot> slots;       // by number
  std::vector<Surplus> surplus;  // to be removed
  bool replaces = false;         // a container that was there is replaced
  ServiceDescription description;
};

struct ConvergePolicy {
  enum class Recreate { kDiverged, kAlways, kNever };
  Recreate recreate = Recreate::kDiverged;
  std::string always_reason;            // kAlways: "--force-recreate"
  std::optional<int> replicas;          // unset: as many as there are
  bool by_groups = false;               // a new container replaces none that runs before it has proved itself
  std::set<std::string> made_networks;  // names of those this plan creates or recreates
};

// Keeps the newest state of things: an up-to-date container left by an interrupted recreate takes its place,
// an outdated one goes. Scaling down takes outdated containers first, then the highest numbers; a new
// container gets the highest number plus one.
Convergence converge(const parser::Project& project, const parser::Service& service, const Observed& observed,
                     const ConvergePolicy& policy);

}  // namespace compose
