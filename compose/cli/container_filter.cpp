#include "compose/cli/container_filter.h"

#include <algorithm>

#include "compose/cli/arguments.h"
#include "compose/cli/container_rows.h"
#include "compose/cli/failure.h"
#include "compose/cli/label_filter.h"
#include "compose/cli/network/subcommands.h"

namespace compose::cli {
namespace {

constexpr const char* kKeys[] = {"ancestor", "before",  "exited",  "expose", "health", "id",    "label",
                                 "name",     "network", "publish", "since",  "status", "volume"};

bool has_volume(const engine::ContainerInfo& container, const std::string& wanted) {
  return std::any_of(container.mounts.begin(), container.mounts.end(), [&](const auto& mount) {
    return wanted == mount.volume || wanted == mount.source || wanted == mount.target;
  });
}

bool is_on(const engine::ContainerInfo& container, const std::string& wanted) {
  return std::any_of(container.endpoints.begin(), container.endpoints.end(), [&](const auto& endpoint) {
    return wanted == endpoint.network || endpoint.network_id == wanted;
  });
}

// Of the networks that are there, a filter may name one by the beginning of its id.
std::string network_name(const std::string& given, engine::Engine& engine) {
  const auto network = find_network(engine.networks(), given);
  return network ? network->name : given;
}

// "8080", "8080-8090", "53/udp"; without a protocol it is tcp.
struct PortWish {
  int first = 0, last = 0;
  std::string protocol = "tcp";

  explicit PortWish(const std::string& text) {
    const size_t slash = text.find('/');
    const std::string range = text.substr(0, slash);
    const size_t dash = range.find('-');
    first = static_cast<int>(whole_number(range.substr(0, dash), "--filter"));
    last = dash == std::string::npos ? first
                                     : static_cast<int>(whole_number(range.substr(dash + 1), "--filter"));
    if (slash != std::string::npos) protocol = text.substr(slash + 1);
  }
  bool means(int port, const std::string& its_protocol) const {
    return port >= first && port <= last && its_protocol == protocol;
  }
};

// As docker: publish means the host's port, expose the container's, published or not.
bool publishes(const engine::ContainerInfo& container, const std::string& value) {
  const PortWish wish(value);
  return std::any_of(container.ports.begin(), container.ports.end(),
                     [&](const auto& port) { return wish.means(port.host_port, port.protocol); });
}

bool exposes(const engine::ContainerInfo& container, const std::string& value) {
  const PortWish wish(value);
  const bool published = std::any_of(container.ports.begin(), container.ports.end(), [&](const auto& port) {
    return wish.means(port.container_port, port.protocol);
  });
  return published || std::any_of(container.expose.begin(), container.expose.end(), [&](const auto& text) {
           const PortWish exposed(text);
           return exposed.protocol == wish.protocol && exposed.first <= wish.last &&
                  exposed.last >= wish.first;
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
  if (key == "publish" || key == "expose") PortWish{value};
  if (key == "health" && value != "starting" && value != "healthy" && value != "unhealthy" && value != "none")
    throw CommandError("invalid filter 'health=" + value +
                       "': it must be starting, healthy, unhealthy or none");
  if (key == "name" || key == "id") check_pattern(key, value);
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
  if (key == "label") return has_label(container.labels, value);
  // As docker's names begin with a slash, so may a pattern for them.
  if (key == "name") return matches(value, container.name) || matches(value, '/' + container.name);
  if (key == "network") return is_on(container, network_name(value, engine));
  if (key == "publish") return publishes(container, value);
  if (key == "expose") return exposes(container, value);
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
