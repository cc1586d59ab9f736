#pragma once
// A new container's configuration names other containers: those it is linked to, whose namespaces it shares,
// whose volumes it has. Which they are is known to the plan alone.
#include <vector>

#include "compose/plan/up_scene.h"

namespace compose {

// Links to one container lead to the first replica that there really is: scaling down may have taken
// number 1. Those to a container of another project go by its name, which it keeps when it is made anew.
void point_links(const UpScene& scene, const parser::Service& service, engine::ContainerConfig& config);

// As for links.
void point_namespaces(const UpScene& scene, const parser::Service& service, engine::ContainerConfig& config);

// Whose volumes they are, by the name it has when they are asked for; `before` gets the steps to be waited
// for. Returns whether one of those is stopped to be replaced. Throws PlanError when there is none.
// `in_the_end`: they are asked for when the plan has done all it does to the lenders.
bool point_volumes(const UpScene& scene, const parser::Service& service, engine::ContainerConfig& config,
                   std::vector<int>& before, bool in_the_end = false);

}  // namespace compose
