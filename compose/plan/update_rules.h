#pragma once
// deploy.update_config and deploy.rollback_config as the planner goes by them, defaults resolved. Source:
// Compose Deploy Specification; where it is silent, Docker Swarm.
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "compose/plan/plan.h"
#include "parser/project.h"

namespace compose {

struct UpdateRules {
  size_t at_a_time = 1;  // containers in a group; 0: all
  std::chrono::milliseconds delay{};
  std::optional<std::chrono::milliseconds> monitor;  // see MonitorContainer::time
  Update::OnFailure on_failure = Update::OnFailure::kPause;
  double max_failure_ratio = 0;
  bool start_first = false;

  // How many of `total` may fail.
  int tolerated(size_t total) const;
  // "2 of 6 containers at a time, start-first, 10s between"
  std::string how(size_t total) const;
};

// Unset: the service has no update_config, its containers are replaced all at once.
std::optional<UpdateRules> update_rules(const parser::Service& service);

// Without rollback_config the way back goes as the way there, and pauses on a failure.
UpdateRules rollback_rules(const parser::Service& service);

// Why an old and a new container of the service cannot run side by side, "host port 80/tcp is ..."; empty
// when they can. `most`: containers that there are at once then.
std::string obstacle_to_start_first(const parser::Project& project, const parser::Service& service,
                                    size_t most);

}  // namespace compose
