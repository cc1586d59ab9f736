#pragma once
// What can be known to make a network impossible, said before anything is stopped for its sake.
#include "compose/plan/network_review.h"
#include "compose/plan/planner.h"

namespace compose {

// Of the networks the plan makes. Throws PlanError for a subnet that overlaps that of another network, a
// gateway outside of it, and a driver option's value that cannot be used.
void check_networks(const parser::Project& project, const Observed& observed, const NetworkReview& review);

}  // namespace compose
