#pragma once
// post_start and pre_stop of services on the steps that start and stop their containers. As docker compose
// has it: they are the present file's, so nothing is run when containers are stopped by their labels alone;
// one-off containers have them as well; a container that ends by itself runs no pre_stop.
#include "compose/plan/planner.h"

namespace compose {

std::vector<Hook> hooks_of(const std::vector<parser::Hook>& written);

// `project` may be null: then the plan stays as it is.
Plan with_hooks(Plan plan, const parser::Project* project, const Observed& observed);

}  // namespace compose
