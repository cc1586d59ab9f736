#pragma once
// Which service needs which, from the project or, without one, from the depends_on labels of its containers.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/model.h"
#include "parser/project.h"

namespace compose {

using Dependencies = std::map<std::string, parser::Dependency>;

// Acyclic: what would close a cycle is an error in a project and left out when read from labels (containers
// of different ages may contradict each other, and they must still be stoppable).
class ServiceGraph {
 public:
  // Of the project's active services. Throws PlanError printing the cycle, if there is one.
  static ServiceGraph of(const parser::Project& project);
  // Of all services that containers or project (may be null) know; the project's word counts before a
  // label's.
  static ServiceGraph of(const parser::Project* project,
                         const std::vector<engine::ContainerInfo>& containers);

  const std::vector<std::string>& order() const { return order_; }  // every service, those it needs before it
  const Dependencies& needs(const std::string& service) const;      // only on services of the graph
  std::vector<std::string> needed_by(const std::string& service) const;
  bool contains(const std::string& service) const { return needs_.count(service) != 0; }

  std::set<std::string> with_needed(const std::set<std::string>& services) const;  // and all they need
  std::set<std::string> with_dependents(
      const std::set<std::string>& services) const;  // and all that need them
  // And those that ask to be restarted with them (depends_on.restart), over any number of edges.
  std::set<std::string> with_restarted(const std::set<std::string>& services) const;
  // Somebody waits for this service's successful completion: it is a one-shot job.
  bool is_awaited_job(const std::string& service) const;

 private:
  void sort(bool cycle_is_error);

  std::map<std::string, Dependencies> needs_;
  std::vector<std::string> order_;
};

// Value of label com.docker.compose.depends_on, and back. Unknown conditions read as "started".
std::string depends_on_label(const Dependencies& dependencies);
Dependencies parse_depends_on_label(const std::string& text);

}  // namespace compose
