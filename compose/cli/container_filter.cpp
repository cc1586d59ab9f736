#include "compose/cli/container_filter.h"

#include <algorithm>
#include <regex>

#include "compose/cli/arguments.h"
#include "compose/cli/container_rows.h"
#include "compose/cli/failure.h"

namespace compose::cli {
namespace {

constexpr const char* kKeys[] = {"ancestor", "before",  "exited", "health", "id",    "label",
                                 "name",     "network", "since",  "status", "volume"};

// As docker: a regular expression that matches anywhere.
bool matches(const std::string& pattern, const std::string& text) {
  return std::regex_search(text, std::regex(pattern, std::regex::extended));
}

bool has_label(const engine::ContainerInfo& container, const std::string& wanted) {
  const size_t equals = wanted.find('=');
  const auto found = container.labels.find(wanted.substr(0, equals));
  if (found == container.labels.end()) return false;
  return equals == std::string::npos || found->second == wanted.substr(equals + 1);
}

bool has_volume(const engine::ContainerInfo& container, const std::string& wanted) {
  return std::any_of(container.mounts.begin(), container.mounts.end(), [&](const auto& mount) {
    return wanted == mount.volume || wanted == mount.source || wanted == mount.target;
  });
}

bool is_on(const engine::ContainerInfo& container, const std::string& wanted) {
  return std::any_of(container.endpoints.begin(), container.endpoints.end(), [&](const auto& endpoint) {
    return wanted == endpoint.network || (wanted.size() >= 4 && endpoint.network_id.starts_with(wanted));
  });
}

// Never run, it has not ended with any code.
bool exited_with(const engine::ContainerInfo& container, const std::string& code) {
  using engine::State;
  const State state = container.status.state;
  return (state == State::kExited || state == State::kDead) &&
         std::to_string(container.status.exit_code) == code;
}

std::string shown_health(const engine::ContainerInfo& container) {
  const std::string health = engine::to_string(container.status.health);
  return health.empty() ? "none" : health;
}

void check_value(const std::string& key, const std::string& value) {
  if (key == "status") check_state(value);
  if (key == "exited") whole_number(value, "--filter exited");
  if (key == "health" && value != "starting" && value != "healthy" && value != "unhealthy" && value != "none")
    throw CommandError("invalid filter 'health=" + value +
                       "': it must be starting, healthy, unhealthy or none");
  if (key != "name" && key != "id") return;
  try {
    matches(value, "");
  } catch (const std::regex_error& error) {
    throw CommandError("invalid filter '" + key + '=' + value + "': " + error.what());
  }
}

}  // namespace

ContainerFilter::ContainerFilter(const std::vector<std::string>& filters) {
  for (const std::string& filter : filters) {
    const size_t equals = filter.find('=');
    const std::string key = filter.substr(0, equals);
    if (equals == std::string::npos ||
        std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) {
      std::string known;
      for (const char* name : kKeys) known += (known.empty() ? "" : ", ") + std::string(name);
      throw CommandError("invalid filter '" + filter + "': it must be KEY=VALUE with one of " + known);
    }
    const std::string value = filter.substr(equals + 1);
    check_value(key, value);
    values_[key].push_back(value);
  }
}

bool ContainerFilter::holds(const std::string& key, const std::string& value,
                            const engine::ContainerInfo& container, engine::Engine& engine) const {
  if (key == "ancestor") return engine.is_image_below(value, container.image_id);
  if (key == "exited") return exited_with(container, value);
  if (key == "health") return shown_health(container) == value;
  if (key == "id") return matches(value, container.id);
  if (key == "label") return has_label(container, value);
  if (key == "name") return matches(value, container.name);
  if (key == "network") return is_on(container, value);
  if (key == "status") return engine::to_string(container.status.state) == value;
  if (key == "volume") return has_volume(container, value);
  const auto other = engine.find_container(value);
  if (!other) throw CommandError("invalid filter '" + key + '=' + value + "': no such container");
  if (other->id == container.id) return false;
  return key == "before" ? container.created_ms <= other->created_ms
                         : container.created_ms >= other->created_ms;
}

std::vector<engine::ContainerInfo> ContainerFilter::apply(std::vector<engine::ContainerInfo> containers,
                                                          engine::Engine& engine) const {
  for (const auto& [key, values] : values_) {
    std::erase_if(containers, [&, &key = key, &values = values](const engine::ContainerInfo& container) {
      const auto let_through = [&](const std::string& value) { return holds(key, value, container, engine); };
      return key == "label" ? !std::all_of(values.begin(), values.end(), let_through)
                            : !std::any_of(values.begin(), values.end(), let_through);
    });
  }
  return containers;
}

}  // namespace compose::cli
