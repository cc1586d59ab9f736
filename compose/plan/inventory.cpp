#include "compose/plan/inventory.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "compose/plan/labels.h"
#include "compose/plan/planner.h"

namespace compose {
namespace {

std::set<std::string> split_list(const std::string& text) {
  std::set<std::string> parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) parts.insert(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

std::string label_of(const engine::Labels& labels, const char* name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second;
}

std::string service_of(const engine::ContainerInfo& container) {
  return label_of(container.labels, label::kService);
}

int number_of(const engine::ContainerInfo& container) {
  const std::string text = label_of(container.labels, label::kNumber);
  int number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && number > 0 ? number : 1;
}

bool is_one_off(const engine::ContainerInfo& container) {
  return label_of(container.labels, label::kOneOff) == "True";
}

bool is_up(const engine::ContainerInfo& container) {
  switch (container.status.state) {
    case engine::State::kRunning:
    case engine::State::kPaused:
    case engine::State::kRestarting:
      return true;
    case engine::State::kCreated:
    case engine::State::kExited:
    case engine::State::kDead:
      break;
  }
  return false;
}

bool is_finished(const engine::ContainerInfo& container) {
  return container.status.state == engine::State::kExited && container.status.exit_code == 0;
}

bool is_attached(const engine::ContainerInfo& container, const std::string& network) {
  return std::any_of(container.endpoints.begin(), container.endpoints.end(),
                     [&](const engine::EndpointInfo& endpoint) { return endpoint.network == network; });
}

bool mounts_volume(const engine::ContainerInfo& container, const std::string& volume) {
  return std::any_of(container.mounts.begin(), container.mounts.end(), [&](const engine::MountInfo& mount) {
    return mount.type == engine::MountConfig::Type::kVolume && mount.volume == volume;
  });
}

std::string temporary_name(const std::string& old_id, const std::string& name) {
  return old_id.substr(0, 12) + "_" + name;
}

bool is_half_recreated(const engine::ContainerInfo& container) {
  const std::string replaced = label_of(container.labels, label::kReplace);
  if (replaced.empty() || container.name.size() != replaced.size() + 13) return false;
  const std::string prefix = container.name.substr(0, 12);
  return container.name.substr(12) == "_" + replaced &&
         prefix.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string final_name(const engine::ContainerInfo& container) {
  return is_half_recreated(container) ? label_of(container.labels, label::kReplace) : container.name;
}

std::string set_aside_name(const engine::ContainerInfo& container) {
  return temporary_name(container.id, "before_" + final_name(container));
}

bool is_set_aside(const std::string& id, const std::string& name) {
  return name.starts_with(temporary_name(id, "before_"));
}

bool is_set_aside(const engine::ContainerInfo& container) {
  return is_set_aside(container.id, container.name);
}

std::string former_name(const engine::ContainerInfo& container) {
  return container.name.substr(temporary_name(container.id, "before_").size());
}

void check_folder(const parser::Project& project, const std::vector<engine::ContainerInfo>& containers) {
  for (const auto& container : containers) {
    const std::string folder = label_of(container.labels, label::kWorkingDir);
    if (folder.empty() || folder == project.working_dir) continue;
    throw PlanError("project \"" + project.name + "\" belongs to " + folder + " (container " +
                    container.name + " was made there), not to " + project.working_dir +
                    ": run the command there, or give the project of this folder a name of its own with -p");
  }
}

std::vector<const engine::ContainerInfo*> orphans_of(const parser::Project& project,
                                                     const std::vector<engine::ContainerInfo>& containers) {
  const std::set<std::string> files(project.config_files.begin(), project.config_files.end());
  std::vector<const engine::ContainerInfo*> orphans;
  for (const auto& container : containers) {
    if (split_list(label_of(container.labels, label::kConfigFiles)) != files) continue;
    const std::string service = service_of(container);
    const bool known = project.services.count(service) != 0 || project.disabled_services.count(service) != 0;
    const bool ended =
        container.status.state == engine::State::kExited || container.status.state == engine::State::kDead;
    if (is_one_off(container) ? ended : !known) orphans.push_back(&container);
  }
  return orphans;
}

std::string join(const std::vector<std::string>& parts, const std::string& separator) {
  std::string text;
  for (const auto& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

}  // namespace compose
