#include "compose/plan/hooks.h"

#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"

namespace compose {
namespace {

// Service by a container's name and by its id.
std::map<std::string, std::string> services_of(const Plan& plan, const Observed& observed) {
  std::map<std::string, std::string> services;
  for (const auto& container : observed.containers) {
    services[container.id] = services[container.name] = service_of(container);
  }
  for (const Step& step : plan.steps) {
    const auto* create = std::get_if<CreateContainer>(&step.action);
    if (create == nullptr) continue;
    // Made under another name when it replaces one, and renamed later.
    const std::string final_name = label_of(create->config->labels, label::kReplace);
    services[create->config->name] = create->service;
    if (!final_name.empty()) services[final_name] = create->service;
  }
  return services;
}

}  // namespace

std::vector<Hook> hooks_of(const std::vector<parser::Hook>& written) {
  std::vector<Hook> hooks;
  for (const parser::Hook& from : written) {
    Hook hook{from.command.value_or(parser::Words()), from.user, from.working_dir, {}, from.privileged};
    for (const auto& [name, value] : from.environment) {
      if (value) hook.environment.push_back(name + "=" + *value);
    }
    hooks.push_back(std::move(hook));
  }
  return hooks;
}

Plan with_hooks(Plan plan, const parser::Project* project, const Observed& observed) {
  if (project == nullptr) return plan;
  const std::map<std::string, std::string> services = services_of(plan, observed);
  const auto service_named = [&](const std::string& container) -> const parser::Service* {
    const auto name = services.find(container);
    if (name == services.end()) return nullptr;
    const auto service = project->services.find(name->second);
    return service == project->services.end() ? nullptr : &service->second;
  };
  for (Step& step : plan.steps) {
    if (auto* start = std::get_if<StartContainer>(&step.action)) {
      if (const auto* service = service_named(start->container))
        start->post_start = hooks_of(service->post_start);
    } else if (auto* stop = std::get_if<StopContainer>(&step.action)) {
      if (const auto* service = service_named(stop->container)) stop->pre_stop = hooks_of(service->pre_stop);
    }
  }
  return plan;
}

}  // namespace compose
