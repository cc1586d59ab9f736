#include "compose/plan/contention.h"

#include <algorithm>
#include <set>

#include "compose/plan/inventory.h"
#include "compose/plan/ports.h"

namespace compose {
namespace {

// RemoveContainer steps by the name and by "network address" they free.
std::map<std::string, int> freed(const Observed& observed, const Endings& endings) {
  std::map<std::string, int> steps;
  for (const auto& container : observed.containers) {
    const auto removal = endings.removals.find(container.id);
    if (removal == endings.removals.end()) continue;
    steps[container.name] = removal->second;
    for (const auto& endpoint : container.endpoints) {
      steps[endpoint.network + " " + endpoint.address] = removal->second;
    }
  }
  return steps;
}

std::vector<std::string> taken_by(const Action& action) {
  std::vector<std::string> keys;
  if (const auto* create = std::get_if<CreateContainer>(&action)) {
    keys.push_back(create->config.name);
    for (const auto& network : create->config.networks) {
      if (!network.ipv4_address.empty()) keys.push_back(network.network + " " + network.ipv4_address);
    }
  }
  if (const auto* rename = std::get_if<RenameContainer>(&action)) keys.push_back(rename->name);
  return keys;
}

bool has_static_address(const CreateContainer& create, const std::string& network) {
  return std::any_of(create.config.networks.begin(), create.config.networks.end(),
                     [&](const auto& attachment) {
                       return attachment.network == network && !attachment.ipv4_address.empty();
                     });
}

// Over any number of edges.
bool waits_for_removal(StepList& steps, int step, std::set<int>& seen) {
  for (const int before : steps.at(step).after) {
    if (std::holds_alternative<RemoveContainer>(steps.at(before).action)) return true;
    if (seen.insert(before).second && waits_for_removal(steps, before, seen)) return true;
  }
  return false;
}

// Else the pool could hand a fixed address to somebody who does not care which one he gets. Only for
// containers that wait for no removal: those that do have their address freed late, and waiting for them
// could close a circle.
void order_fixed_addresses_first(StepList& steps) {
  std::map<std::string, std::vector<int>> fixed;  // by network
  for (int step = 0; step < steps.size(); ++step) {
    const auto* create = std::get_if<CreateContainer>(&steps.at(step).action);
    std::set<int> seen;
    if (create == nullptr || waits_for_removal(steps, step, seen)) continue;
    for (const auto& attachment : create->config.networks) {
      if (!attachment.ipv4_address.empty()) fixed[attachment.network].push_back(step);
    }
  }
  if (fixed.empty()) return;
  for (int step = 0; step < steps.size(); ++step) {
    const auto* create = std::get_if<CreateContainer>(&steps.at(step).action);
    if (create == nullptr) continue;
    const bool any_fixed =
        std::any_of(create->config.networks.begin(), create->config.networks.end(),
                    [&](const auto& attachment) { return has_static_address(*create, attachment.network); });
    if (any_fixed) continue;
    for (const auto& attachment : create->config.networks) {
      for (const int before : fixed[attachment.network]) steps.order(before, step);
    }
  }
}

void order_ports(StepList& steps, const Observed& observed, const Endings& endings, const PortClaim& claim) {
  for (const auto& holder : observed.containers) {
    if (!is_up(holder)) continue;
    for (const auto& port : claim.ports) {
      const bool held = std::any_of(holder.ports.begin(), holder.ports.end(),
                                    [&](const auto& other) { return overlap(port, other); });
      if (!held) continue;
      const auto stop = endings.stops.find(holder.id);
      if (stop != endings.stops.end()) {
        steps.order(stop->second, claim.start);
      } else if (port.host_port_end <= port.host_port && holder.id != claim.container_id) {
        throw PlanError("container " + claim.container + ": host port " + shown(port) +
                        " is held by container " + holder.name +
                        " of this project, which keeps running: stop it first" +
                        (is_one_off(holder) ? "" : " (an orphan goes with --remove-orphans)"));
      }
    }
  }
}

}  // namespace

void order_contention(StepList& steps, const Observed& observed, const Endings& endings,
                      const std::vector<PortClaim>& claims) {
  const std::map<std::string, int> removals = freed(observed, endings);
  for (int step = 0; step < steps.size(); ++step) {
    for (const auto& key : taken_by(steps.at(step).action)) {
      const auto removal = removals.find(key);
      if (removal != removals.end()) steps.order(removal->second, step);
    }
  }
  order_fixed_addresses_first(steps);
  for (const PortClaim& claim : claims) order_ports(steps, observed, endings, claim);
}

}  // namespace compose
