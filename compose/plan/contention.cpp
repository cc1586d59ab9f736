#include "compose/plan/contention.h"

#include <algorithm>

#include "compose/plan/inventory.h"
#include "compose/plan/ports.h"

namespace compose {
namespace {

// Steps by the name and by the "network address" they free.
std::map<std::string, int> freed(const Observed& observed, const Endings& endings) {
  std::map<std::string, int> steps;
  for (const auto& container : observed.containers) {
    const auto removal = endings.removals.find(container.id);
    if (removal == endings.removals.end()) continue;
    const auto rename = endings.renames.find(container.id);
    steps[container.name] = rename == endings.renames.end() ? removal->second : rename->second;
    const auto disconnect = endings.disconnects.find(container.id);
    const bool early = disconnect != endings.disconnects.end();
    for (const auto& endpoint : container.endpoints) {
      for (const std::string& address : {endpoint.address, endpoint.address6})
        if (!address.empty())
          steps[endpoint.network + " " + address] = early ? disconnect->second : removal->second;
    }
  }
  return steps;
}

std::vector<std::string> taken_by(const Action& action) {
  std::vector<std::string> keys;
  if (const auto* create = std::get_if<CreateContainer>(&action)) {
    keys.push_back(create->config->name);
    for (const auto& network : create->config->networks) {
      for (const std::string& address : {network.ipv4_address, network.ipv6_address})
        if (!address.empty()) keys.push_back(network.network + " " + address);
    }
  }
  if (const auto* rename = std::get_if<RenameContainer>(&action)) keys.push_back(rename->name);
  return keys;
}

bool has_fixed_address(const engine::AttachmentConfig& attachment) {
  return !attachment.ipv4_address.empty() || !attachment.ipv6_address.empty();
}

// Else the pool could hand a fixed address to somebody who does not care which one he gets. Not where the
// fixed one itself waits for the other: its address is freed late then.
void order_fixed_addresses_first(StepList& steps) {
  std::map<std::string, std::vector<int>> fixed, pooled;  // CreateContainer steps by network
  for (int step = 0; step < steps.size(); ++step) {
    const auto* create = std::get_if<CreateContainer>(&steps.at(step).action);
    if (create == nullptr) continue;
    const auto& networks = create->config->networks;
    const bool any_fixed = std::any_of(networks.begin(), networks.end(), has_fixed_address);
    for (const auto& attachment : networks) {
      if (has_fixed_address(attachment)) fixed[attachment.network].push_back(step);
      if (!any_fixed) pooled[attachment.network].push_back(step);
    }
  }
  for (const auto& [network, firsts] : fixed) {
    for (const int first : firsts) {
      for (const int step : pooled[network]) {
        steps.prefer(first, step);
      }
    }
  }
}

void order_ports(StepList& steps, const Observed& observed, const Endings& endings, const PortClaim& claim) {
  for (const auto& holder : observed.containers) {
    if (!is_up(holder) || (!claim.beside.empty() && service_of(holder) == claim.beside)) continue;
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
  const std::map<std::string, int> freeing = freed(observed, endings);
  for (int step = 0; step < steps.size(); ++step) {
    for (const auto& key : taken_by(steps.at(step).action)) {
      const auto before = freeing.find(key);
      if (before != freeing.end()) steps.order(before->second, step);
    }
  }
  order_fixed_addresses_first(steps);
  for (const PortClaim& claim : claims) order_ports(steps, observed, endings, claim);
}

}  // namespace compose
