#pragma once
// The networks and volumes that the plan of up makes, and who waits for them.
#include <vector>

#include "compose/plan/up_scene.h"

namespace compose {

void network_steps(UpScene& scene);
void volume_steps(UpScene& scene);

// The steps that make what a new container is connected to and mounts.
std::vector<int> prerequisites(const UpScene& scene, const engine::ContainerConfig& config);

}  // namespace compose
