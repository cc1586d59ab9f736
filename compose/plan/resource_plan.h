#pragma once
// What becomes of a project's networks and volumes on `up`.
#include <optional>
#include <string>

#include "compose/plan/planner.h"
#include "compose/plan/step_list.h"

namespace compose {

struct Verdict {
  enum class Kind { kKeep, kCreate, kRecreate };  // volumes are never recreated: their data would be lost
  Kind kind = Kind::kKeep;
  std::string reason;
  std::string warning;  // may be empty
};

// Throws PlanError for an external network that does not exist. A network of the name that is not the
// project's own is used, with a warning; so is one without a config hash, silently.
Verdict inspect(const parser::Project& project, const Observed& observed, const parser::Network& network);
// Likewise. A volume whose configuration has changed is kept, with a warning that says what to do.
Verdict inspect(const parser::Project& project, const Observed& observed, const parser::Volume& volume);

// host and none: every engine has them, and who is on them has no links of his own.
bool is_without_links(const std::string& network);
const engine::NetworkInfo* find_network(const Observed& observed, const std::string& name);
const engine::VolumeInfo* find_volume(const Observed& observed, const std::string& name);

}  // namespace compose
