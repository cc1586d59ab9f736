#pragma once
// The project's name: -p, COMPOSE_PROJECT_NAME, top-level `name` (of the last file that has one), folder
// name.
#include <optional>
#include <string>
#include <vector>

#include "parser/documents.h"

namespace parser {

// The name given by -p or COMPOSE_PROJECT_NAME, checked. Nothing when neither is given.
std::optional<std::string> given_project_name(const LoadOptions& options, const Surroundings& surroundings,
                                              Report& report);

// All sources in order. Errors go to `report`.
std::string choose_project_name(const LoadOptions& options, const Surroundings& surroundings,
                                const std::vector<ReadFile>& files, Report& report);

}  // namespace parser
