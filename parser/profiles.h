#pragma once
// Which services take part. A service without profiles always does; one with profiles when one of them is
// enabled. A service named on the command line enables its own profiles.
#include <set>
#include <string>
#include <vector>

#include "parser/draft.h"

namespace parser {

// `enabled` may hold "*". Moves those that take no part from project.services into
// project.disabled_services; their drafts stay for the checks, which look at active ones only.
void apply_profiles(Draft& draft, const std::vector<std::string>& enabled,
                    const std::vector<std::string>& selected);

// The `selected` services and what they depend on; all active ones when none is selected.
std::set<std::string> wanted_services(const Project& project, const std::vector<std::string>& selected);

bool is_active(const Service& service, const std::vector<std::string>& enabled);

// The keys of what services use.
struct Used {
  std::set<std::string> networks, volumes, configs, secrets, models;
};
Used used_by(const Project& project, const std::set<std::string>& services);

// Leaves only what active services use.
void drop_unused(Project& project);

}  // namespace parser
