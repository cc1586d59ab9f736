#pragma once
// Host ports, as far as clashes can be known before anything starts.
#include <map>
#include <string>

#include "engine/model.h"
#include "parser/project.h"

namespace compose {

// Throws PlanError when the fixed ports and port ranges that the replicas publish cannot all be had at once:
// more replicas than a service's port or range has room for (naming the port and the ways out), or two
// services on one port. `replicas`: by service, only those to be run.
void check_ports(const parser::Project& project, const std::map<std::string, int>& replicas);

// Both could want the same host port. A port the engine chooses freely overlaps nothing.
bool overlap(const engine::PublishedPort& a, const engine::PublishedPort& b);
// "8080/tcp", "127.0.0.1:8080-8090/tcp"
std::string shown(const engine::PublishedPort& port);

}  // namespace compose
