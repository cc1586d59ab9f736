#pragma once
// Names and engine configurations of what a project makes. See also container_config in planner.h.
#include <string>

#include "engine/model.h"
#include "parser/project.h"

namespace compose {

// What stands between the parts of a name: "-", or "_" with --compatibility.
std::string separator(const parser::Project& project);
// <project>-<service>-<number>
std::string usual_name(const std::string& project, const std::string& service, int number,
                       const std::string& between = "-");
// container_name, else the usual one.
std::string container_name(const parser::Project& project, const parser::Service& service, int number);
// Labels included.
engine::NetworkConfig network_config(const parser::Project& project, const parser::Network& network);
engine::VolumeConfig volume_config(const parser::Project& project, const parser::Volume& volume);

}  // namespace compose
