#pragma once
// The way back from an update by groups that has failed (deploy.rollback_config): a plan of its own, made of
// what is observed then. Containers that were set aside take their places again, group by group; new ones
// that had not yet taken one go, and old ones that were about to be replaced are started where they are down.
// The parameters of rollback_config mean what they mean for an update; without it those of update_config are
// taken. Pure. Source: Compose Deploy Specification.
#include <optional>
#include <set>
#include <string>

#include "compose/plan/planner.h"

namespace compose {

struct RollbackOptions {
  std::set<std::string> services;
  std::optional<int64_t> timeout_ms{};
};

Plan plan_rollback(const parser::Project& project, const Observed& observed, const RollbackOptions& options);

}  // namespace compose
