#pragma once
// The steps by which a service's containers are replaced group by group (deploy.update_config). A group's new
// containers have to prove themselves (MonitorContainer) before the next group's turn.
//   stop-first   create under a temporary name - stop the old - rename - start - monitor
//   start-first  create under a temporary name - start - monitor - stop the old - rename
// Where a failure is to be rolled back, old containers are kept, stopped and set aside (inventory.h), until
// the last group is through, and removed then: rollback.h finds them.
#include "compose/plan/up_scene.h"

namespace compose {

// Whether the service is updated by groups: it has an update_config and a container to be replaced. Where its
// network is made anew it is not, which is warned of, as all have to leave that before one can be on it.
bool updates_by_groups(UpScene& scene, const ServiceState& state);

// Steps and members of all its slots.
void update_steps(UpScene& scene, const ServiceState& state);

}  // namespace compose
