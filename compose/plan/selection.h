#pragma once
// Which services a command is about.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "compose/plan/graph.h"
#include "engine/model.h"
#include "parser/project.h"

namespace compose {

struct Selection {
  std::set<std::string> targets;   // named on the command line; all when none is
  std::set<std::string> services;  // targets and, unless no_deps, what they need
};

// Of active services. Throws PlanError for one that does not exist ("no such service: x") or is not active.
Selection select_services(const parser::Project& project, const ServiceGraph& graph,
                          const std::vector<std::string>& names, bool no_deps);

// For commands on containers that are there: named services may be inactive, and without a project the
// containers' labels are all that is known. No names: the active services; all of the containers' without a
// project.
std::set<std::string> select_observed(const parser::Project* project,
                                      const std::vector<engine::ContainerInfo>& containers,
                                      const std::vector<std::string>& names);

// Throws PlanError "no such service: x", with the nearest name if there is one.
[[noreturn]] void no_such_service(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace compose
