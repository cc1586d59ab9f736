#include "compose/cli/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include "compose/cli/failure.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "compose/plan/naming.h"

namespace compose::cli {

std::vector<engine::ContainerInfo> replicas(Context& context, const std::string& project,
                                            const std::vector<std::string>& services) {
  auto found = replicas_and_one_offs(context, project, services);
  std::erase_if(found, [](const engine::ContainerInfo& container) { return is_one_off(container); });
  return found;
}

std::vector<engine::ContainerInfo> replicas_and_one_offs(Context& context, const std::string& project,
                                                         const std::vector<std::string>& services) {
  std::vector<engine::ContainerInfo> found = context.engine().containers(project);
  std::set<std::string> there;
  for (const auto& container : found) there.insert(service_of(container));
  for (const std::string& service : services) {
    if (there.count(service) != 0) continue;
    // Not in the labels: the files know whether the name is right.
    if (!context.load_if_there({service})) throw CommandError("no such service: " + service);
  }
  std::erase_if(found, [&](const engine::ContainerInfo& container) {
    return !services.empty() &&
           std::find(services.begin(), services.end(), service_of(container)) == services.end();
  });
  // Of two with one number, as while one replaces the other, that which has its name comes first.
  const auto misnamed = [](const auto& container) {
    return is_half_recreated(container) || is_set_aside(container);
  };
  std::sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    return std::make_tuple(service_of(a), number_of(a), misnamed(a), a.name) <
           std::make_tuple(service_of(b), number_of(b), misnamed(b), b.name);
  });
  return found;
}

namespace {

// The first of a service whose containers have their usual names, if it is running: of others nothing need be
// read then.
std::optional<engine::ContainerInfo> first_by_name(Context& context, const std::string& project,
                                                   const std::string& service) {
  const std::string name = usual_name(project, service, 1);
  std::optional<engine::ContainerInfo> found = context.engine().find_container(name);
  const bool is_it = found && found->name == name && label_of(found->labels, label::kProject) == project &&
                     service_of(*found) == service && number_of(*found) == 1 && !is_one_off(*found) &&
                     !is_half_recreated(*found) && is_up(*found);
  return is_it ? std::move(found) : std::nullopt;
}

}  // namespace

engine::ContainerInfo replica(Context& context, const std::string& project, const std::string& service,
                              std::optional<int64_t> index) {
  if (index.value_or(1) == 1) {
    if (auto first = first_by_name(context, project, service)) return std::move(*first);
  }
  const auto all = replicas(context, project, {service});
  const auto running = [](const auto& container) { return is_up(container); };
  const auto numbered = [&](const auto& container) { return number_of(container) == *index; };
  auto found = index && *index > 0 ? std::find_if(all.begin(), all.end(), numbered)
                                   : std::find_if(all.begin(), all.end(), running);
  if (found == all.end() && !(index && *index > 0)) found = all.begin();
  if (found == all.end()) {
    throw CommandError(
        index && *index > 0
            ? fmt::format("service \"{}\" has no container number {}", service, *index)
            : fmt::format("service \"{}\" has no container; `compose up -d {}` starts it", service, service));
  }
  return *found;
}

std::pair<std::string, int> parse_scale(const std::string& text) {
  const size_t equals = text.find('=');
  int count = -1;
  if (equals != std::string::npos && equals > 0) {
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + equals + 1, end, count);
    if (parsed.ec != std::errc() || parsed.ptr != end) count = -1;
  }
  if (count < 0) throw CommandError("invalid scale '" + text + "': it must be SERVICE=NUMBER, as web=3");
  return {text.substr(0, equals), count};
}

std::optional<int64_t> to_milliseconds(std::optional<int64_t> seconds) {
  if (!seconds) return std::nullopt;
  if (*seconds < 0) throw CommandError("a timeout cannot be negative");
  return *seconds * 1000;
}

void add_with_dependencies(const parser::Project& project, const std::string& name,
                           std::set<std::string>& all) {
  const auto service = project.services.find(name);
  if (service == project.services.end() || !all.insert(name).second) return;
  for (const auto& [dependency, ignored] : service->second.depends_on)
    add_with_dependencies(project, dependency, all);
}

std::set<std::string> services_meant(const parser::Project& project, const std::vector<std::string>& named,
                                     bool dependencies) {
  std::set<std::string> meant;
  if (named.empty()) {
    for (const auto& [name, ignored] : project.services) meant.insert(name);
  } else if (dependencies) {
    for (const std::string& name : named) add_with_dependencies(project, name, meant);
  } else {
    meant.insert(named.begin(), named.end());
  }
  return meant;
}

}  // namespace compose::cli
