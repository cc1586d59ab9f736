#include "compose/cli/container_rows.h"

#include <set>

#include "compose/cli/failure.h"
#include "compose/cli/output_format.h"
#include "compose/plan/inventory.h"
#include "compose/ui/format.h"
#include "compose/ui/timestamp.h"

namespace compose::cli {
namespace {

constexpr size_t kCommandWidth = 20;

}  // namespace

std::string shown_command(const engine::ContainerInfo& container, bool no_trunc) {
  return ui::quoted_command(container.command, no_trunc ? 0 : kCommandWidth);
}

std::string ports_of(const engine::ContainerInfo& container) {
  return is_up(container) ? ui::ports_text(container.ports, container.expose) : "";
}

nlohmann::json container_row(const engine::ContainerInfo& container, bool no_trunc, int64_t now_ms) {
  std::vector<std::string> labels, mounts, networks;
  size_t volumes = 0;
  for (const auto& [key, value] : shown_labels(container.labels)) labels.push_back(key + '=' + value);
  for (const auto& mount : container.mounts) {
    mounts.push_back(mount.volume.empty() ? mount.source : mount.volume);
    volumes += mount.type == engine::MountConfig::Type::kVolume ? 1 : 0;
  }
  for (const auto& endpoint : container.endpoints) networks.push_back(endpoint.network);
  return {
      {"Command", shown_command(container, no_trunc)},
      {"CreatedAt", ui::to_created_at(container.created_ms)},
      {"ID", no_trunc ? container.id : ui::short_id(container.id)},
      {"Image", container.image},
      {"Labels", join(labels, ",")},
      {"LocalVolumes", std::to_string(volumes)},
      {"Mounts", join(mounts, ",")},
      {"Names", container.name},
      {"Networks", join(networks, ",")},
      {"Ports", ports_of(container)},
      {"RunningFor", ui::human_duration(now_ms - container.created_ms) + " ago"},
      {"Size", "0B"},
      {"State", engine::to_string(container.status.state)},
      {"Status", ui::status_text(container.status, now_ms)},
  };
}

const Titles& container_titles() {
  static const Titles kTitles{
      {"Command", "COMMAND"}, {"CreatedAt", "CREATED AT"}, {"ID", "CONTAINER ID"},
      {"Image", "IMAGE"},     {"Labels", "LABELS"},        {"LocalVolumes", "LOCAL VOLUMES"},
      {"Mounts", "MOUNTS"},   {"Names", "NAMES"},          {"Networks", "NETWORKS"},
      {"Ports", "PORTS"},     {"RunningFor", "CREATED"},   {"Size", "SIZE"},
      {"State", "STATE"},     {"Status", "STATUS"}};
  return kTitles;
}

void check_state(const std::string& state) {
  static const std::set<std::string> kStates{"paused", "restarting", "removing", "running",
                                             "dead",   "created",    "exited"};
  if (kStates.count(state) != 0) return;
  throw CommandError("unknown status '" + state +
                     "': it must be created, running, restarting, paused, exited or dead");
}

}  // namespace compose::cli
