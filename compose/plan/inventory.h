#pragma once
// Reading observed containers: what their labels and states mean to the planner.
#include <string>
#include <vector>

#include "engine/model.h"
#include "parser/project.h"

namespace compose {

// Value of a label, "" without it.
std::string label_of(const engine::Labels& labels, const char* name);

std::string service_of(const engine::ContainerInfo& container);
int number_of(const engine::ContainerInfo& container);  // 1 without a (valid) label
bool is_one_off(const engine::ContainerInfo& container);

// Something of it is alive: running, paused or between two restarts. Such a container must be stopped before
// it can be removed.
bool is_up(const engine::ContainerInfo& container);
// Ran to its end with exit code 0.
bool is_finished(const engine::ContainerInfo& container);

bool is_attached(const engine::ContainerInfo& container, const std::string& network);
bool mounts_volume(const engine::ContainerInfo& container, const std::string& volume);

// "<12 hex of old_id>_<name>": what a container is called until it has taken the place of the old one.
std::string temporary_name(const std::string& old_id, const std::string& name);
// True when `container` was made to replace another and has not got its final name yet.
bool is_half_recreated(const engine::ContainerInfo& container);

// That it has been made for; its name, but while it is half recreated.
std::string final_name(const engine::ContainerInfo& container);

// "<12 hex of its own id>_before_<its name>": what a replaced container is called that is kept, stopped,
// until the update of its service by groups is through, so that it can be taken back.
std::string set_aside_name(const engine::ContainerInfo& container);
bool is_set_aside(const std::string& id, const std::string& name);
bool is_set_aside(const engine::ContainerInfo& container);
std::string former_name(const engine::ContainerInfo& container);  // of one that is set aside

// The project a set of containers belongs to must be used from one folder only: throws PlanError naming both
// folders and the way out (-p) when a container of the project came from elsewhere.
void check_folder(const parser::Project& project, const std::vector<engine::ContainerInfo>& containers);

// Containers of services that are not in `project` (neither active nor left out by profiles), and one-off
// containers that have ended; only those made from the very same set of config files, so that a sibling
// file's stack is left alone.
std::vector<const engine::ContainerInfo*> orphans_of(const parser::Project& project,
                                                     const std::vector<engine::ContainerInfo>& containers);

std::string join(const std::vector<std::string>& parts, const std::string& separator);

}  // namespace compose
