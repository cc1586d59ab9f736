#pragma once
// Variables of the tool's environment that are switches: what flags say as well.
#include "parser/project.h"

namespace parser {

// COMPOSE_COMPATIBILITY, --compatibility: "_" between the parts of the names of containers and images.
inline constexpr const char* kCompatibility = "COMPOSE_COMPATIBILITY";
// COMPOSE_ALL_RESOURCES, --all-resources: networks, volumes and the like that no service uses are kept in the
// project, and made.
inline constexpr const char* kAllResources = "COMPOSE_ALL_RESOURCES";

// True when the variable is 1, true, yes or the like.
bool is_switched_on(const StringMap& environment, const char* variable);

}  // namespace parser
