#include "parser/check.h"

#include "parser/units.h"

namespace parser {

namespace {

std::string place_of(const std::string& service) {
  return "services." + service;
}

void check_image(const ServiceDraft& draft, Report& report) {
  const Service& service = draft.service;
  if (!draft.damaged && !service.build && service.image.empty() && !service.provider)
    report.error(service.mark, place_of(service.name), "has neither 'image' nor 'build'");
  if (!draft.damaged && !service.build && service.pull_policy == "build")
    report.warning(draft.marks.at("pull_policy"), place_of(service.name),
                   "'pull_policy: build' without 'build'", "the image must be there already");
}

void check_replicas(const ServiceDraft& draft, Report& report) {
  const Service& service = draft.service;
  if (service.replicas <= 1) return;
  const std::string count = std::to_string(service.replicas);
  if (!service.container_name.empty())
    report.error(draft.replicas_mark, place_of(service.name),
                 count + " replicas cannot share the container_name '" + service.container_name + "'",
                 "remove 'container_name'");
  for (const Port& port : service.ports) {
    const int room = port.published_end - port.published + 1;
    if (port.published == 0 || room >= service.replicas) continue;
    const std::string target = std::to_string(port.target);
    const int last = port.published + service.replicas - 1;
    constexpr int kLastPort = 65535;
    std::string hint = "use only '" + target + "'";
    if (last <= kLastPort)
      hint = "use '" + std::to_string(port.published) + "-" + std::to_string(last) + ":" + target +
             "' or only '" + target + "'";
    const std::string what = room == 1 ? "host port " + std::to_string(port.published)
                                       : "the host ports " + std::to_string(port.published) + "-" +
                                             std::to_string(port.published_end);
    report.error(port.mark, place_of(service.name) + ".ports", count + " replicas cannot share " + what,
                 hint);
  }
}

void check_container_names(const Draft& draft, Report& report) {
  std::map<std::string, const Service*> users;
  for (const auto& [name, service] : draft.project.services) {
    if (service.container_name.empty()) continue;
    const auto [first, fresh] = users.emplace(service.container_name, &service);
    if (!fresh)
      report.error(draft.services.at(name).marks.at("container_name"), place_of(name),
                   "container_name '" + service.container_name + "' is that of service '" +
                       first->second->name + "' too");
  }
}

}  // namespace

std::string undefined_hint(const std::string& name, const std::vector<std::string>& known,
                           const std::string& section) {
  const std::string hint = did_you_mean(name, known);
  return hint.empty() ? "add it under the top-level '" + section + ":'" : hint;
}

void check_project(const Draft& draft, Report& report) {
  for (const auto& [name, unused] : draft.project.services) {
    const ServiceDraft& service = draft.services.at(name);
    check_image(service, report);
    check_networks(draft, service, report);
    check_namespaces(service, report);
    check_mounts(draft, service, report);
    check_limits(service, report);
    check_replicas(service, report);
  }
  check_container_names(draft, report);
  check_dependencies(draft, report);
  check_ports(draft, report);
  check_resources(draft, report);
  check_images(draft, report);
  check_builds(draft, report);
  check_subnets(draft, report);
  check_addresses(draft, report);
}

}  // namespace parser
