#pragma once
// The steps of one replica in a plan of up: it is kept, made, or replaced by a new container.
#include "compose/plan/up_scene.h"

namespace compose {

// A new container in place of an old one, under a temporary name at first.
struct Replacement {
  engine::ContainerConfig config;
  std::vector<int> before;     // steps that have to come before it is made
  bool release_first = false;  // the old one has to leave its networks before
  bool renew = false;          // anonymous volumes go with the old one; those that the new one has are in use
};
// `in_the_end`: see point_volumes.
Replacement replacement_of(UpScene& scene, const ServiceState& state, const Slot& slot, bool in_the_end);

// Also finishes an interrupted recreate, and starts it (again) where it does not run or has to be restarted.
Member keep_slot(UpScene& scene, const ServiceState& state, const Slot& slot);

// A new container, in place of the slot's current one if there is one.
Member make_slot(UpScene& scene, const ServiceState& state, const Slot& slot);

}  // namespace compose
