#pragma once
// Secrets and configs: the files that a service is given. What only has bytes here (environment, content),
// and what asks for an owner or mode, becomes a file of the container's own, root's and 0444 by default;
// another `file` is bind-mounted, so that an edit in place is seen at once, as users of docker compose count
// on. Source: Compose Specification, "configs", "secrets".
#include <nlohmann/json_fwd.hpp>

#include "engine/model.h"
#include "parser/project.h"

namespace compose {

// Throws PlanError for an external one, naming it: there is no store that could hold it.
void grant_files(const parser::Project& project, const parser::Service& service,
                 engine::ContainerConfig& config);

// What of it makes the container another one: sets `configs` and `secrets`. Of the bytes a digest only.
void describe_files(const parser::Project& project, const parser::Service& service, nlohmann::json& json);

}  // namespace compose
