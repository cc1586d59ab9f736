#include "parser/check.h"
#include "parser/load_balancers.h"

namespace parser {

namespace {

// Sharing a namespace or a link breaks when the other container is replaced; mounts do not, and a load
// balancer follows.
Dependency dependency_of(const Need& need, bool follows) {
  Dependency dependency;
  dependency.restart = need.kind != Need::Kind::kVolumes && !(need.kind == Need::Kind::kLink && follows);
  dependency.mark = need.mark;
  return dependency;
}

Network implicit_network(const std::string& project) {
  Network network;
  network.key = "default";
  network.name = project + "_default";
  network.driver = "bridge";
  return network;
}

template <typename Things>
void forget(Things& things, const std::string& project) {
  for (auto& [key, thing] : things)
    if (thing.name == (thing.external ? key : project + "_" + key)) thing.name.clear();
}

}  // namespace

void complete(Draft& draft) {
  bool default_used = false;
  for (auto& [name, own] : draft.services) {
    Service& service = own.service;
    const bool follows = is_load_balancer(service.image);
    for (const Need& need : own.needs) service.depends_on.emplace(need.service, dependency_of(need, follows));
    if (service.networks.empty() && service.network_mode.empty() && own.marks.count("network_mode") == 0 &&
        !service.provider)
      service.networks["default"].mark = service.mark;
    default_used |= service.networks.count("default") != 0;
    // Docker discards them; so it is here, and check_namespaces says so.
    if (service.network_mode == "host" || service.network_mode == "none") service.ports.clear();
  }
  if (default_used && draft.project.networks.count("default") == 0)
    draft.project.networks["default"] = implicit_network(draft.project.name);
}

void forget_derived_names(Draft& draft) {
  forget(draft.project.networks, draft.project.name);
  forget(draft.project.volumes, draft.project.name);
  forget(draft.project.configs, draft.project.name);
  forget(draft.project.secrets, draft.project.name);
}

}  // namespace parser
