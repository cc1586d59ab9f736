#include "parser/profiles.h"

#include <algorithm>

namespace parser {

bool is_active(const Service& service, const std::vector<std::string>& enabled) {
  return service.profiles.empty() ||
         std::any_of(enabled.begin(), enabled.end(), [&service](const std::string& profile) {
           return profile == "*" || std::find(service.profiles.begin(), service.profiles.end(), profile) !=
                                        service.profiles.end();
         });
}

void apply_profiles(Draft& draft, const std::vector<std::string>& enabled,
                    const std::vector<std::string>& selected) {
  std::vector<std::string> all = enabled;
  for (const std::string& name : selected)
    if (const auto found = draft.services.find(name); found != draft.services.end())
      all.insert(all.end(), found->second.service.profiles.begin(), found->second.service.profiles.end());
  Project& project = draft.project;
  for (auto next = project.services.begin(); next != project.services.end();) {
    const auto service = next++;
    if (!is_active(service->second, all)) project.disabled_services.insert(project.services.extract(service));
  }
}

std::set<std::string> wanted_services(const Project& project, const std::vector<std::string>& selected) {
  std::set<std::string> wanted;
  if (selected.empty()) {
    for (const auto& [name, service] : project.services) wanted.insert(wanted.end(), name);
    return wanted;
  }
  std::vector<std::string> open = selected;
  while (!open.empty()) {
    const auto service = project.services.find(open.back());
    open.pop_back();
    if (service == project.services.end() || !wanted.insert(service->first).second) continue;
    for (const auto& [needed, dependency] : service->second.depends_on) open.push_back(needed);
  }
  return wanted;
}

Used used_by(const Project& project, const std::set<std::string>& services) {
  Used used;
  for (const auto& [name, service] : project.services) {
    if (services.count(name) == 0) continue;
    for (const auto& [key, network] : service.networks) used.networks.insert(key);
    for (const VolumeMount& mount : service.volumes)
      if (mount.type == VolumeMount::Type::kVolume) used.volumes.insert(mount.source);
    for (const FileGrant& grant : service.configs) used.configs.insert(grant.source);
    for (const FileGrant& grant : service.secrets) used.secrets.insert(grant.source);
    if (service.build)
      for (const FileGrant& grant : service.build->secrets) used.secrets.insert(grant.source);
    if (service.credential_spec) used.configs.insert(service.credential_spec->config);
    for (const auto& [key, model] : service.models) used.models.insert(key);
  }
  return used;
}

void drop_unused(Project& project) {
  const Used used = used_by(project, wanted_services(project, {}));
  const auto keep = [](auto& things, const std::set<std::string>& keys) {
    std::erase_if(things, [&](const auto& entry) { return keys.count(entry.first) == 0; });
  };
  keep(project.networks, used.networks);
  keep(project.volumes, used.volumes);
  keep(project.configs, used.configs);
  keep(project.secrets, used.secrets);
  keep(project.models, used.models);
}

}  // namespace parser
