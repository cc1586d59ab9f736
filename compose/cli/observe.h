#pragma once
// What there is, as the planner wants to know it.
#include <string>

#include "compose/plan/planner.h"
#include "engine/engine.h"

namespace compose::cli {

// Everything of project `name`; images of `project`'s services (inactive ones left out) when it is given.
Observed observe(engine::Engine& engine, const std::string& name, const parser::Project* project);

// For a dry run: takes the images that `plan` would build, or fetch for certain, as there.
void assume_images(Observed& observed, const Plan& plan);

}  // namespace compose::cli
