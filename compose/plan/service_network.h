#pragma once
// How a service's containers are on the network: `network_mode`, `networks`, `links` and `external_links`,
// and what of `ports`, `dns` and `extra_hosts` goes with them. Source: Compose Specification; Docker Compose.
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compose/plan/planner.h"
#include "compose/plan/step_list.h"

namespace compose {

// The network that `network_mode` names: "bridge", which the engine makes, or any other there is. Empty for
// none, host and another's network.
std::string named_network(const parser::Service& service);

// Keys and what is said of each, the one with the highest priority first, which is the main one.
using OrderedNetworks = std::vector<std::pair<std::string, const parser::ServiceNetwork*>>;
OrderedNetworks networks_by_priority(const parser::Service& service);

// Sets all of the configuration that concerns the network. A mode service:NAME is that of the service's first
// container, and so is a link, unless the two share a network of the file: there it leads to all containers
// of the service, whatever their number comes to be.
void set_network(const parser::Project& project, const parser::Service& service,
                 engine::ContainerConfig& config);
// The aliases of links that lead to one container of a service: alias -> service.
std::vector<std::pair<std::string, std::string>> links_to_one(const parser::Project& project,
                                                              const parser::Service& service);

// "container:NAME" for service:NAME, every other mode as it is.
std::string namespace_mode(const parser::Project& project, const std::string& mode);

// Throws PlanError for a network_mode that names a network which is not there and is not in `made`. Warns of
// external links to containers that are not there or not within reach: their names do not resolve until they
// are.
void review_service_network(const parser::Project& project, const parser::Service& service,
                            const Observed& observed, const std::set<std::string>& made, StepList& steps);

}  // namespace compose
