#include "compose/plan/selection.h"

#include "compose/plan/inventory.h"
#include "compose/plan/planner.h"
#include "parser/load.h"

namespace compose {

void no_such_service(const std::string& name, const std::vector<std::string>& candidates) {
  const std::string near = parser::closest(name, candidates);
  throw PlanError("no such service: " + name + (near.empty() ? "" : ", did you mean '" + near + "'?"));
}

Selection select_services(const parser::Project& project, const ServiceGraph& graph,
                          const std::vector<std::string>& names, bool no_deps) {
  Selection selection;
  for (const auto& name : names) {
    const auto disabled = project.disabled_services.find(name);
    if (disabled != project.disabled_services.end()) {
      throw PlanError("service \"" + name + "\" is not active: enable one of its profiles (" +
                      join(disabled->second.profiles, ", ") + ") with --profile");
    }
    if (project.services.count(name) == 0) {
      std::vector<std::string> candidates;
      for (const auto& entry : project.services) candidates.push_back(entry.first);
      no_such_service(name, candidates);
    }
    selection.targets.insert(name);
  }
  if (names.empty()) {
    for (const auto& entry : project.services) selection.targets.insert(entry.first);
  }
  selection.services = no_deps ? selection.targets : graph.with_needed(selection.targets);
  return selection;
}

std::set<std::string> select_observed(const parser::Project* project,
                                      const std::vector<engine::ContainerInfo>& containers,
                                      const std::vector<std::string>& names) {
  std::set<std::string> active;
  std::set<std::string> known;
  for (const auto& container : containers) known.insert(service_of(container));
  if (project == nullptr) {
    active = known;
  } else {
    for (const auto& entry : project->services) active.insert(entry.first);
    for (const auto& entry : project->disabled_services) known.insert(entry.first);
    known.insert(active.begin(), active.end());
  }
  if (names.empty()) return active;
  for (const auto& name : names) {
    if (known.count(name) == 0) no_such_service(name, {known.begin(), known.end()});
  }
  return {names.begin(), names.end()};
}

}  // namespace compose
