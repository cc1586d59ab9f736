#include "compose/plan/ports.h"

#include <algorithm>

#include "compose/plan/planner.h"
#include "netmgr/address.h"

namespace compose {
namespace {

// One replica's wish for one host port out of [first, last].
struct Claim {
  const parser::Service* service;
  const parser::Port* port;
  int first, last;
  int given = 0;
};

int last_of(const parser::Port& port) {
  return std::max(port.published, port.published_end);
}

// None given is every address, of both families where the network has them.
bool same_address(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return true;
  if (netmgr::is_ipv6(a) != netmgr::is_ipv6(b)) return false;
  const std::string any = netmgr::is_ipv6(a) ? "::" : "0.0.0.0";
  return a == any || b == any || a == b;
}

std::string shown(const parser::Port& port) {
  engine::PublishedPort published;
  published.host_ip = port.host_ip;
  published.host_port = port.published;
  published.host_port_end = port.published_end;
  published.protocol = port.protocol;
  return compose::shown(published);
}

[[noreturn]] void no_room(const parser::Service& service, const parser::Port& port, int replicas) {
  const int room = last_of(port) - port.published + 1;
  const std::string range = std::to_string(port.published) + "-" +
                            std::to_string(port.published + replicas - 1) + ":" + std::to_string(port.target);
  throw PlanError(
      "service \"" + service.name + "\": " + std::to_string(replicas) + " replicas cannot share " +
      (room == 1 ? "host port " + shown(port)
                 : "the " + std::to_string(room) + " host ports " + shown(port)) +
      ": publish a range with room (\"" + range +
      "\"), leave the host port out, or publish it once on a load balancer in front of the replicas");
}

std::vector<Claim> claims_of(const parser::Project& project, const std::map<std::string, int>& replicas) {
  std::vector<Claim> claims;
  for (const auto& [name, count] : replicas) {
    const auto service = project.services.find(name);
    if (service == project.services.end()) continue;
    for (const auto& port : service->second.ports) {
      if (port.published == 0) continue;
      if (count > last_of(port) - port.published + 1) no_room(service->second, port, count);
      for (int i = 0; i < count; ++i) {
        claims.push_back({&service->second, &port, port.published, last_of(port)});
      }
    }
  }
  return claims;
}

// The claim already served that holds `number` against `claim`, if any.
const Claim* holder_of(const std::vector<Claim>& claims, size_t served, const Claim& claim, int number) {
  for (size_t i = 0; i < served; ++i) {
    const Claim& other = claims[i];
    if (other.given == number && other.port->protocol == claim.port->protocol &&
        same_address(other.port->host_ip, claim.port->host_ip)) {
      return &other;
    }
  }
  return nullptr;
}

}  // namespace

void check_ports(const parser::Project& project, const std::map<std::string, int>& replicas) {
  std::vector<Claim> claims = claims_of(project, replicas);
  // Whoever has the earliest end chooses first and takes the lowest free port: this fills intervals whenever
  // they can be filled.
  std::stable_sort(claims.begin(), claims.end(),
                   [](const Claim& a, const Claim& b) { return a.last < b.last; });
  for (size_t i = 0; i < claims.size(); ++i) {
    Claim& claim = claims[i];
    const Claim* holder = nullptr;
    for (int number = claim.first; number <= claim.last && claim.given == 0; ++number) {
      const Claim* taken = holder_of(claims, i, claim, number);
      if (taken == nullptr) claim.given = number;
      if (taken != nullptr && (holder == nullptr || holder->service == claim.service)) holder = taken;
    }
    if (claim.given != 0) continue;
    if (holder->service == claim.service) {
      throw PlanError("service \"" + claim.service->name + "\" publishes host port " + shown(*claim.port) +
                      " more than once");
    }
    throw PlanError("services \"" + holder->service->name + "\" and \"" + claim.service->name +
                    "\" both publish host port " + shown(*claim.port) +
                    ": give one of them another port, or bind them to different host addresses");
  }
}

bool overlap(const engine::PublishedPort& a, const engine::PublishedPort& b) {
  if (a.host_port == 0 || b.host_port == 0 || a.protocol != b.protocol) return false;
  if (!same_address(a.host_ip, b.host_ip)) return false;
  return a.host_port <= std::max(b.host_port, b.host_port_end) &&
         b.host_port <= std::max(a.host_port, a.host_port_end);
}

std::string shown(const engine::PublishedPort& port) {
  std::string number = std::to_string(port.host_port);
  if (port.host_port_end > port.host_port) number += "-" + std::to_string(port.host_port_end);
  return (port.host_ip.empty() ? number : netmgr::host_and_port(port.host_ip, number)) + "/" + port.protocol;
}

}  // namespace compose
