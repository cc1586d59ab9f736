#include "compose/plan/one_off.h"

#include <algorithm>

#include "compose/plan/labels.h"
#include "compose/plan/naming.h"

namespace compose {
namespace {

using Words = std::vector<std::string>;

void move_between(const Words& capabilities, Words& to, Words& from) {
  for (const std::string& capability : capabilities) {
    std::erase(from, capability);
    if (std::find(to.begin(), to.end(), capability) == to.end()) to.push_back(capability);
  }
}

void add_mounts(const std::vector<parser::VolumeMount>& given, std::vector<parser::VolumeMount>& mounts) {
  for (const parser::VolumeMount& mount : given) {
    std::erase_if(mounts, [&](const parser::VolumeMount& other) { return other.target == mount.target; });
    mounts.push_back(mount);
  }
}

void set_process(parser::Service& service, const parser::Service& given, const OneOffWishes& wishes) {
  if (given.entrypoint) {
    service.entrypoint = given.entrypoint;
    // As Docker has it: the image's command goes with the image's entrypoint, or with none at all.
    service.command = given.entrypoint->empty() ? std::nullopt : std::optional<Words>(Words());
  }
  if (!wishes.command.empty()) service.command = wishes.command;
  if (!wishes.user.empty()) service.user = wishes.user;
  if (!wishes.working_dir.empty()) service.working_dir = wishes.working_dir;
  service.tty = wishes.tty;
  service.stdin_open = wishes.interactive;
}

}  // namespace

parser::Service one_off_service(parser::Service service, const parser::Service& given,
                                const OneOffWishes& wishes) {
  set_process(service, given, wishes);
  for (const auto& [name, value] : given.environment) {
    service.environment[name] = value;
    service.unset_environment.erase(name);
  }
  for (const auto& [name, value] : given.labels) service.labels[name] = value;
  move_between(given.cap_add, service.cap_add, service.cap_drop);
  move_between(given.cap_drop, service.cap_drop, service.cap_add);
  add_mounts(given.volumes, service.volumes);
  if (!wishes.service_ports) service.ports = given.ports;
  service.restart = {};
  service.scale = 1;
  service.replicas = 1;
  return service;
}

std::string one_off_name(const parser::Project& project, const std::string& service,
                         const std::string& slug) {
  const std::string between = separator(project);
  return project.name + between + service + between + "run" + between + slug.substr(0, 12);
}

engine::ContainerConfig one_off_config(const parser::Project& project, const OneOff& one_off,
                                       const std::string& image_id) {
  parser::Service service = one_off.service;
  service.container_name = one_off.name;
  engine::ContainerConfig config = container_config(project, service, 1, one_off.name, image_id);
  config.labels.erase(label::kNumber);
  config.labels[label::kOneOff] = "True";
  config.labels[label::kSlug] = one_off.slug;
  if (!one_off.use_aliases) {
    for (engine::AttachmentConfig& attachment : config.networks) attachment.aliases.clear();
  }
  config.auto_remove = one_off.auto_remove;
  return config;
}

}  // namespace compose
