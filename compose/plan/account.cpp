#include "compose/plan/account.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/plan/describe.h"
#include "compose/plan/difference.h"
#include "compose/plan/graph.h"
#include "compose/plan/graph_text.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"

namespace compose {
namespace {

// The steps that name the container, those of the one that takes its place included.
class Steps {
 public:
  Steps(const Plan& plan, const std::string& name) {
    for (const Step& step : plan.steps)
      if (step.resource == "Container " + name) steps_.push_back(&step);
  }

  template <typename Action>
  const Step* find() const {
    for (const Step* step : steps_)
      if (std::holds_alternative<Action>(step->action)) return step;
    return nullptr;
  }

 private:
  std::vector<const Step*> steps_;
};

class Accountant {
 public:
  Accountant(const parser::Project& project, const Observed& observed, const Plan& plan,
             const parser::Service& service)
      : observed_(observed),
        plan_(plan),
        service_(service),
        description_(describe_service(project, service)) {}

  std::vector<ContainerAccount> containers() {
    std::vector<const engine::ContainerInfo*> there;
    for (const auto& container : observed_.containers)
      if (service_of(container) == service_.name && !is_one_off(container)) there.push_back(&container);
    std::sort(there.begin(), there.end(),
              [](const auto* a, const auto* b) { return number_of(*a) < number_of(*b); });
    std::vector<ContainerAccount> accounts;
    accounts.reserve(there.size());
    for (const auto* container : there) accounts.push_back(of(*container));
    for (const Step& step : plan_.steps) {
      const auto* create = std::get_if<CreateContainer>(&step.action);
      if (create == nullptr || create->service != service_.name) continue;
      const std::string name = step.resource.substr(std::string("Container ").size());
      const bool known =
          std::any_of(there.begin(), there.end(), [&](const auto* one) { return one->name == name; });
      if (!known) accounts.push_back({name, "", "is created", {step.reason}});
    }
    return accounts;
  }

 private:
  ContainerAccount of(const engine::ContainerInfo& container) const {
    const Steps steps(plan_, container.name);
    ContainerAccount account{container.name, engine::to_string(container.status.state), "", {}};
    if (const Step* step = steps.find<CreateContainer>()) {
      account.verdict = "is recreated";
      account.reasons = reasons(container, step->reason);
    } else if (const Step* removed = steps.find<RemoveContainer>()) {
      account.verdict = "is removed";
      account.reasons = {removed->reason};
    } else if (const Step* changed = steps.find<ReconfigureContainer>()) {
      account.verdict = "takes over other settings";
      account.reasons = reasons(container, changed->reason);
    } else if (const Step* stopped = steps.find<StopContainer>()) {
      account.verdict = "is restarted";
      account.reasons = {stopped->reason};
    } else if (const Step* started = steps.find<StartContainer>()) {
      account.verdict = "is started";
      account.reasons = {started->reason};
    } else {
      account.verdict = "stays";
      account.reasons = {"it is what the files ask for"};
    }
    return account;
  }

  // The plan tells the first differences only.
  std::vector<std::string> reasons(const engine::ContainerInfo& container, const std::string& reason) const {
    if (reason.rfind("config changed", 0) != 0) return {reason};
    std::vector<std::string> all = differences(label_of(container.labels, label::kConfig), description_);
    if (all.empty()) return {reason};
    for (std::string& one : all) one.insert(0, "config changed: ");
    return all;
  }

  const Observed& observed_;
  const Plan& plan_;
  const parser::Service& service_;
  const std::string description_;
};

std::string needs_text(const Dependencies& needs) {
  std::vector<std::string> words;
  for (const auto& [name, dependency] : needs) {
    const std::string how = dependency_terms(dependency);
    words.push_back(name + (how.empty() ? "" : " (" + how + ")"));
  }
  return join(words, ", ");
}

}  // namespace

std::vector<ServiceAccount> account_for(const parser::Project& project, const Observed& observed,
                                        const Plan& plan, const std::vector<std::string>& services) {
  const ServiceGraph graph = ServiceGraph::of(project);
  std::vector<ServiceAccount> accounts;
  for (const auto& [name, service] : project.services) {
    if (!services.empty() && std::find(services.begin(), services.end(), name) == services.end()) continue;
    accounts.push_back({name, image_of(project, service), graph.needs(name), graph.needed_by(name),
                        Accountant(project, observed, plan, service).containers()});
  }
  return accounts;
}

std::string to_text(const std::vector<ServiceAccount>& accounts) {
  std::string text;
  for (const ServiceAccount& account : accounts) {
    text += account.service + "  " + account.image + '\n';
    if (!account.needs.empty()) text += "  needs " + needs_text(account.needs) + '\n';
    if (!account.needed_by.empty()) text += "  needed by " + join(account.needed_by, ", ") + '\n';
    for (const ContainerAccount& container : account.containers) {
      const std::string state = container.state.empty() ? "" : " (" + container.state + ")";
      text += "  " + container.name + state + ' ' + container.verdict;
      if (container.reasons.size() == 1) {
        text += ": " + container.reasons.front() + '\n';
        continue;
      }
      text += ":\n";
      for (const std::string& reason : container.reasons) text += "    " + reason + '\n';
    }
  }
  return text;
}

std::string to_json(const std::vector<ServiceAccount>& accounts) {
  std::string text;
  for (const ServiceAccount& account : accounts) {
    nlohmann::ordered_json one{{"Service", account.service}, {"Image", account.image}};
    one["Needs"] = nlohmann::ordered_json::object();
    for (const auto& [name, dependency] : account.needs) one["Needs"][name] = dependency_terms(dependency);
    one["NeededBy"] = account.needed_by;
    one["Containers"] = nlohmann::ordered_json::array();
    for (const ContainerAccount& container : account.containers)
      one["Containers"].push_back({{"Name", container.name},
                                   {"State", container.state},
                                   {"Verdict", container.verdict},
                                   {"Reasons", container.reasons}});
    text += one.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
  }
  return text;
}

}  // namespace compose
