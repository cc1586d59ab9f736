#include "compose/plan/graph.h"

#include <algorithm>
#include <functional>

#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "compose/plan/planner.h"

namespace compose {
namespace {

using Condition = parser::Dependency::Condition;

const char* to_string(Condition condition) {
  switch (condition) {
    case Condition::kStarted:
      break;
    case Condition::kHealthy:
      return "service_healthy";
    case Condition::kCompletedSuccessfully:
      return "service_completed_successfully";
  }
  return "service_started";
}

}  // namespace

std::string depends_on_label(const Dependencies& dependencies) {
  std::vector<std::string> parts;
  parts.reserve(dependencies.size());
  for (const auto& [service, dependency] : dependencies) {
    parts.push_back(service + ":" + to_string(dependency.condition) +
                    (dependency.restart ? ":true" : ":false"));
  }
  return join(parts, ",");
}

Dependencies parse_depends_on_label(const std::string& text) {
  Dependencies dependencies;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    begin = end + 1;
    const size_t first = part.find(':');
    if (first == 0 || part.empty()) continue;
    parser::Dependency dependency;
    if (first != std::string::npos) {
      const size_t second = std::min(part.find(':', first + 1), part.size());
      const std::string condition = part.substr(first + 1, second - first - 1);
      if (condition == to_string(Condition::kHealthy)) dependency.condition = Condition::kHealthy;
      if (condition == to_string(Condition::kCompletedSuccessfully)) {
        dependency.condition = Condition::kCompletedSuccessfully;
      }
      dependency.restart = second < part.size() && part.substr(second + 1) == "true";
    }
    dependencies[part.substr(0, first)] = dependency;
  }
  return dependencies;
}

ServiceGraph ServiceGraph::of(const parser::Project& project) {
  ServiceGraph graph;
  for (const auto& [name, service] : project.services) graph.needs_[name] = service.depends_on;
  graph.sort(true);
  return graph;
}

ServiceGraph ServiceGraph::of(const parser::Project* project,
                              const std::vector<engine::ContainerInfo>& containers) {
  ServiceGraph graph;
  for (const auto& container : containers) {
    Dependencies& needs = graph.needs_[service_of(container)];
    for (auto& [name, dependency] : parse_depends_on_label(label_of(container.labels, label::kDependsOn))) {
      needs.emplace(name, dependency);
    }
  }
  if (project != nullptr) {
    for (const auto& [name, service] : project->disabled_services) graph.needs_[name] = service.depends_on;
    for (const auto& [name, service] : project->services) graph.needs_[name] = service.depends_on;
  }
  graph.sort(false);
  return graph;
}

void ServiceGraph::sort(bool cycle_is_error) {
  enum class Mark { kNew, kOpen, kDone };
  std::map<std::string, Mark> marks;
  std::vector<std::string> path;
  const std::function<void(const std::string&)> visit = [&](const std::string& service) {
    marks[service] = Mark::kOpen;
    path.push_back(service);
    Dependencies& needs = needs_[service];
    for (auto need = needs.begin(); need != needs.end();) {
      const bool known = needs_.count(need->first) != 0;
      const Mark mark = known ? marks[need->first] : Mark::kDone;
      if (known && mark == Mark::kOpen && cycle_is_error) {
        std::vector<std::string> cycle(std::find(path.begin(), path.end(), need->first), path.end());
        cycle.push_back(need->first);
        throw PlanError("dependency cycle between services: " + join(cycle, " -> "));
      }
      if (!known || mark == Mark::kOpen) {
        need = needs.erase(need);
        continue;
      }
      if (mark == Mark::kNew) visit(need->first);
      ++need;
    }
    path.pop_back();
    marks[service] = Mark::kDone;
    order_.push_back(service);
  };
  std::vector<std::string> names;
  for (const auto& entry : needs_) names.push_back(entry.first);
  for (const auto& name : names) {
    if (marks[name] == Mark::kNew) visit(name);
  }
}

const Dependencies& ServiceGraph::needs(const std::string& service) const {
  static const Dependencies kNone;
  const auto found = needs_.find(service);
  return found == needs_.end() ? kNone : found->second;
}

std::vector<std::string> ServiceGraph::needed_by(const std::string& service) const {
  std::vector<std::string> dependents;
  for (const auto& [name, needs] : needs_) {
    if (needs.count(service) != 0) dependents.push_back(name);
  }
  return dependents;
}

std::set<std::string> ServiceGraph::with_needed(const std::set<std::string>& services) const {
  std::set<std::string> all = services;
  for (auto name = order_.rbegin(); name != order_.rend(); ++name) {
    if (all.count(*name) == 0) continue;
    for (const auto& need : needs(*name)) all.insert(need.first);
  }
  return all;
}

std::set<std::string> ServiceGraph::with_dependents(const std::set<std::string>& services) const {
  std::set<std::string> all = services;
  for (const auto& name : order_) {
    for (const auto& need : needs(name)) {
      if (all.count(need.first) != 0) all.insert(name);
    }
  }
  return all;
}

std::set<std::string> ServiceGraph::with_restarted(const std::set<std::string>& services) const {
  std::set<std::string> all = services;
  for (const auto& name : order_) {
    for (const auto& [need, dependency] : needs(name)) {
      if (dependency.restart && all.count(need) != 0) all.insert(name);
    }
  }
  return all;
}

bool ServiceGraph::is_awaited_job(const std::string& service) const {
  for (const auto& entry : needs_) {
    const auto need = entry.second.find(service);
    if (need != entry.second.end() && need->second.condition == Condition::kCompletedSuccessfully)
      return true;
  }
  return false;
}

}  // namespace compose
