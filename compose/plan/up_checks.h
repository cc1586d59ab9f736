#pragma once
// What can be known to fail before anything starts.
#include <map>
#include <set>
#include <string>

#include "compose/plan/planner.h"

namespace compose {

// Replicas of each of `services`: --scale, else the file's. Throws PlanError for an unknown or negative
// --scale, for more than one replica of a service with a container_name or a fixed address or port, for two
// services on one host port, for a health condition on a service whose check is switched off, and for an
// image that is not there.
std::map<std::string, int> check_up(const parser::Project& project, const Observed& observed,
                                    const UpOptions& options, const std::set<std::string>& services);

}  // namespace compose
