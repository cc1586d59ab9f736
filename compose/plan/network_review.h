#pragma once
// A project's networks as a whole: one that has changed draws all its users in, whose other networks may have
// changed as well.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "compose/plan/resource_plan.h"

namespace compose {

struct NetworkReview {
  std::map<std::string, Verdict> verdicts;  // by key, of the networks looked at
  std::set<std::string> drawn_in;  // services beyond those asked for, whose containers must be made anew
  std::vector<std::string> warnings;
};

// Of the networks of `services`. `leaving`: containers that the plan removes anyway. Throws PlanError for a
// missing external network, and for a changed one with a container that cannot be made anew (of a service not
// in the file, or one-off).
NetworkReview review_networks(const parser::Project& project, const Observed& observed,
                              const std::set<std::string>& services,
                              const std::set<const engine::ContainerInfo*>& leaving, bool no_recreate);

// A network that got another name leaves the old one behind; removes it where nobody stays on it. `removals`:
// RemoveContainer steps by container id.
void remove_renamed_networks(StepList& steps, const parser::Project& project, const Observed& observed,
                             const NetworkReview& review, const std::map<std::string, int>& removals);

}  // namespace compose
