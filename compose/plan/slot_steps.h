#pragma once
// The steps of one replica in a plan of up: it is kept, made, or replaced by a new container.
#include "compose/plan/up_scene.h"

namespace compose {

// Also finishes an interrupted recreate, and starts it (again) where it does not run or has to be restarted.
Member keep_slot(UpScene& scene, const ServiceState& state, const Slot& slot);

// A new container, in place of the slot's current one if there is one.
Member make_slot(UpScene& scene, const ServiceState& state, const Slot& slot);

}  // namespace compose
