#pragma once
// post_start and pre_stop of services on the steps that start and stop their containers. As docker compose
// has it: they are the present file's, so nothing is run when containers are stopped by their labels alone;
// one-off containers have none; a container that ends by itself runs none.
#include "compose/plan/planner.h"

namespace compose {

// `project` may be null: then the plan stays as it is.
Plan with_hooks(Plan plan, const parser::Project* project, const Observed& observed);

}  // namespace compose
