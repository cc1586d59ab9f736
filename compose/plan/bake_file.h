#pragma once
// The builds of a plan as a file for `docker buildx bake`. Source: Docker's documentation, "Bake file
// reference"; docker compose build --print.
#include <string>

#include "compose/plan/planner.h"

namespace compose {

// JSON: a target for each build, named by its service, and the group "default" of all. Secrets are named by
// where they come from, never by what they hold. `push`: what gives its image a name is sent to its registry.
std::string bake_file(const parser::Project& project, const Plan& builds, bool push);

}  // namespace compose
