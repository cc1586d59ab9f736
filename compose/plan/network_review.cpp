#include "compose/plan/network_review.h"

#include <optional>

#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "netmgr/driver.h"
#include "parser/switches.h"

namespace compose {
namespace {

using engine::ContainerInfo;

// Services with containers on `network`.
std::set<std::string> users_of(const parser::Project& project, const Observed& observed,
                               const parser::Network& network, const std::string& reason,
                               const std::set<const ContainerInfo*>& leaving) {
  for (const auto& container : observed.others) {
    if (!is_attached(container, network.name)) continue;
    const std::string owner = label_of(container.labels, label::kProject);
    throw PlanError("network \"" + network.name + "\" must be recreated (" + reason + "), but container " +
                    container.name + (owner.empty() ? "" : " of project \"" + owner + "\"") +
                    " is attached to it: remove that container first");
  }
  std::set<std::string> users;
  for (const auto& container : observed.containers) {
    if (!is_attached(container, network.name) || leaving.count(&container) != 0) continue;
    const std::string service = service_of(container);
    if (is_one_off(container) || project.services.count(service) == 0) {
      throw PlanError("network \"" + network.name + "\" must be recreated (" + reason + "), but container " +
                      container.name +
                      " is attached to it and cannot be made anew from this file: remove it " +
                      "first (--remove-orphans does for containers of services no longer in the file)");
    }
    users.insert(service);
  }
  return users;
}

// RemoveContainer steps of the containers on `network`; nothing when one of them stays.
std::optional<std::vector<int>> all_leave(const Observed& observed, const std::string& network,
                                          const std::map<std::string, int>& removals) {
  std::vector<int> steps;
  for (const auto& container : observed.containers) {
    if (!is_attached(container, network)) continue;
    const auto removal = removals.find(container.id);
    if (removal == removals.end()) return std::nullopt;
    steps.push_back(removal->second);
  }
  return steps;
}

// Only drivers that publish make use of `ports`; on others a container has an address of its own out there.
void warn_of_unpublished(const parser::Project& project, const std::string& name, NetworkReview& review) {
  const parser::Service& service = project.services.at(name);
  if (service.ports.empty() || service.networks.empty() || !service.network_mode.empty()) return;
  std::string drivers;
  for (const auto& [key, on] : service.networks) {
    const auto network = project.networks.find(key);
    if (network == project.networks.end() || network->second.external) return;
    const netmgr::Driver* driver = netmgr::find_driver(network->second.driver);
    if (driver == nullptr || driver->publishes()) return;
    drivers = network->second.driver;
  }
  review.warnings.push_back("service \"" + name + "\": its ports are not published: with driver " + drivers +
                            " its containers are reached under addresses of their own");
}

}  // namespace

NetworkReview review_networks(const parser::Project& project, const Observed& observed,
                              const std::set<std::string>& services,
                              const std::set<const ContainerInfo*>& leaving, bool no_recreate) {
  NetworkReview review;
  std::vector<std::string> open(services.begin(), services.end());
  while (!open.empty()) {
    const parser::Service& service = project.services.at(open.back());
    warn_of_unpublished(project, service.name, review);
    open.pop_back();
    for (const auto& entry : service.networks) {
      const auto network = project.networks.find(entry.first);
      if (network == project.networks.end() || !service.network_mode.empty()) continue;
      if (review.verdicts.count(entry.first) != 0) continue;
      Verdict verdict = inspect(project, observed, network->second);
      if (verdict.kind == Verdict::Kind::kRecreate && no_recreate) {
        verdict.warning = "network \"" + network->second.name + "\": " + verdict.reason +
                          "; it is kept as it is because of --no-recreate";
        verdict.kind = Verdict::Kind::kKeep;
      }
      if (!verdict.warning.empty()) review.warnings.push_back(verdict.warning);
      if (verdict.kind == Verdict::Kind::kRecreate) {
        for (const auto& user : users_of(project, observed, network->second, verdict.reason, leaving)) {
          if (services.count(user) == 0 && review.drawn_in.insert(user).second) open.push_back(user);
        }
      }
      review.verdicts[entry.first] = std::move(verdict);
    }
  }
  // Those that nobody uses are made if that is wished, and then left alone.
  if (!parser::is_switched_on(project.environment, parser::kAllResources)) return review;
  for (const auto& [key, network] : project.networks) {
    if (review.verdicts.count(key) != 0) continue;
    Verdict verdict = inspect(project, observed, network);
    if (verdict.kind == Verdict::Kind::kCreate) review.verdicts[key] = std::move(verdict);
  }
  return review;
}

void remove_renamed_networks(StepList& steps, const parser::Project& project, const Observed& observed,
                             const NetworkReview& review, const std::map<std::string, int>& removals) {
  for (const auto& [key, verdict] : review.verdicts) {
    if (verdict.kind != Verdict::Kind::kCreate) continue;
    const parser::Network& network = project.networks.at(key);
    for (const auto& old : observed.networks) {
      const bool ours = label_of(old.labels, label::kProject) == project.name &&
                        label_of(old.labels, label::kNetwork) == key;
      if (!ours || old.name == network.name) continue;
      const auto after = all_leave(observed, old.name, removals);
      if (!after) continue;
      steps.add("Network " + old.name, RemoveNetwork{old.name, true}, "now called " + network.name, *after);
    }
  }
}

}  // namespace compose
