#pragma once
// From a service's build section to what the engine builds.
#include "compose/plan/planner.h"

namespace compose {

// What the section takes though it has no use here is added to `warnings`. Throws PlanError naming service
// and attribute.
engine::BuildRequest build_request(const parser::Project& project, const parser::Service& service,
                                   const BuildOptions& options, std::vector<std::string>& warnings);

}  // namespace compose
