#include "parser/profiles.h"

#include <algorithm>
#include <set>

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
  for (const auto& [name, service] : draft.services) {
    auto& group = is_active(service.service, all) ? draft.project.services : draft.project.disabled_services;
    group[name] = service.service;
  }
}

void drop_unused(Project& project) {
  std::set<std::string> networks, volumes;
  for (const auto& [name, service] : project.services) {
    for (const auto& [key, network] : service.networks) networks.insert(key);
    for (const VolumeMount& mount : service.volumes)
      if (mount.type == VolumeMount::Type::kVolume) volumes.insert(mount.source);
  }
  std::erase_if(project.networks, [&](const auto& entry) { return networks.count(entry.first) == 0; });
  std::erase_if(project.volumes, [&](const auto& entry) { return volumes.count(entry.first) == 0; });
}

}  // namespace parser
