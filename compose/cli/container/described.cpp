#include "compose/cli/container/described.h"

#include <nlohmann/json.hpp>

#include "compose/cli/container/described_mounts.h"
#include "compose/cli/container/described_network.h"
#include "compose/cli/output_format.h"
#include "compose/plan/inventory.h"
#include "compose/ui/timestamp.h"
#include "engine/container/system_mounts.h"
#include "engine/effective_config.h"
#include "engine/image/image_store.h"

namespace compose::cli {
namespace {

using nlohmann::ordered_json;

constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;
constexpr char kNever[] = "0001-01-01T00:00:00Z";

std::string moment(int64_t ms) {
  return ms == 0 ? kNever : ui::to_rfc3339(ms * kNanosecondsPerMillisecond);
}

template <typename List>
ordered_json list_or_null(const List& list) {
  return list.empty() ? ordered_json(nullptr) : ordered_json(list);
}

ordered_json health_of(const engine::Status& status) {
  auto log = ordered_json::array();
  for (const engine::HealthResult& result : status.health_log)
    log.push_back({{"Start", moment(result.started_ms)},
                   {"End", moment(result.ended_ms)},
                   {"ExitCode", result.exit_code},
                   {"Output", result.output}});
  return {
      {"Status", engine::to_string(status.health)}, {"FailingStreak", status.failing_streak}, {"Log", log}};
}

ordered_json state_of(const engine::Status& status) {
  using engine::State;
  const State state = status.state;
  const bool running = engine::goes_on(status);
  ordered_json described{{"Status", engine::to_string(state)},
                         {"Running", running},
                         {"Paused", state == State::kPaused},
                         {"Restarting", state == State::kRestarting},
                         {"OOMKilled", status.oom_killed},
                         {"Dead", state == State::kDead},
                         {"Pid", engine::has_program(status) ? status.process.pid : 0},
                         {"ExitCode", running ? 0 : status.exit_code},
                         {"Error", status.error},
                         {"StartedAt", moment(status.started_ms)},
                         {"FinishedAt", moment(status.finished_ms)}};
  if (status.health != engine::Health::kNone || !status.health_log.empty())
    described["Health"] = health_of(status);
  return described;
}

ordered_json restart_of(const engine::ContainerConfig& config) {
  return {{"Name", config.restart}, {"MaximumRetryCount", config.restart_max}};
}

ordered_json rates_of(const std::vector<engine::DeviceRate>& rates, const char* value) {
  auto list = ordered_json::array();
  for (const engine::DeviceRate& rate : rates) list.push_back({{"Path", rate.path}, {value, rate.rate}});
  return list;
}

void add_resources(const engine::ContainerConfig& config, ordered_json& host) {
  constexpr double kNanos = 1e9;
  const engine::Resources& resources = config.resources;
  host["CpuShares"] = resources.cpu_shares;
  host["Memory"] = resources.memory;
  host["NanoCpus"] = static_cast<int64_t>(resources.cpus * kNanos);
  host["CgroupParent"] = config.cgroup_parent;
  host["BlkioWeight"] = resources.blkio_weight;
  host["BlkioWeightDevice"] = rates_of(resources.blkio_weight_device, "Weight");
  host["BlkioDeviceReadBps"] = rates_of(resources.device_read_bps, "Rate");
  host["BlkioDeviceWriteBps"] = rates_of(resources.device_write_bps, "Rate");
  host["BlkioDeviceReadIOps"] = rates_of(resources.device_read_iops, "Rate");
  host["BlkioDeviceWriteIOps"] = rates_of(resources.device_write_iops, "Rate");
  host["CpuPeriod"] = resources.cpu_period;
  host["CpuQuota"] = resources.cpu_quota;
  host["CpuRealtimePeriod"] = resources.cpu_rt_period;
  host["CpuRealtimeRuntime"] = resources.cpu_rt_runtime;
  host["CpusetCpus"] = resources.cpuset;
  auto devices = ordered_json::array();
  for (const engine::SpecDevice& device : config.devices)
    devices.push_back({{"PathOnHost", device.source},
                       {"PathInContainer", device.target},
                       {"CgroupPermissions", device.permissions}});
  host["Devices"] = devices;
  host["DeviceCgroupRules"] = list_or_null(config.device_cgroup_rules);
  host["MemoryReservation"] = resources.memory_reservation;
  // Without a word on it the engine, as Docker, grants as much swap as memory.
  host["MemorySwap"] = resources.memory_swap != 0 ? resources.memory_swap : 2 * resources.memory;
  host["MemorySwappiness"] =
      resources.memory_swappiness < 0 ? ordered_json(nullptr) : ordered_json(resources.memory_swappiness);
  host["OomKillDisable"] = resources.oom_kill_disable;
  host["PidsLimit"] = resources.pids == 0 ? ordered_json(nullptr) : ordered_json(resources.pids);
  auto limits = ordered_json::array();
  for (const engine::SpecUlimit& limit : config.ulimits)
    limits.push_back({{"Name", limit.name}, {"Hard", limit.hard}, {"Soft", limit.soft}});
  host["Ulimits"] = limits;
}

ordered_json map_or_null(const std::map<std::string, std::string>& map) {
  return map.empty() ? ordered_json(nullptr) : ordered_json(map);
}

// The value of a security option; empty when it is not given.
std::string option_of(const engine::ContainerConfig& config, const std::string& name) {
  std::string value;
  for (const std::string& option : config.security_opt)
    if (option.starts_with(name + '=') || option.starts_with(name + ':'))
      value = option.substr(name.size() + 1);
  return value;
}

void add_confinement(const engine::ContainerConfig& config, ordered_json& host) {
  const auto mode = [](const std::string& given, const char* usual) { return given.empty() ? usual : given; };
  host["Annotations"] = map_or_null(config.annotations);
  host["CgroupnsMode"] = mode(config.cgroupns_mode, "private");
  host["GroupAdd"] = list_or_null(config.group_add);
  host["IpcMode"] = mode(config.ipc_mode, "private");
  host["PidMode"] = config.pid_mode == "private" ? "" : config.pid_mode;
  host["SecurityOpt"] = list_or_null(config.security_opt);
  host["StorageOpt"] = nullptr;
  host["Sysctls"] = map_or_null(config.sysctls);
  host["UTSMode"] = config.uts_mode == "private" ? "" : config.uts_mode;
  host["UsernsMode"] = config.userns_mode;
  // As Docker: null without confinement, empty lists where it is left out.
  host["MaskedPaths"] = config.privileged ? ordered_json(nullptr) : ordered_json::array();
  host["ReadonlyPaths"] = host["MaskedPaths"];
  if (config.privileged || !option_of(config, "systempaths").empty()) return;
  host["MaskedPaths"] = engine::masked_paths();
  host["ReadonlyPaths"] = engine::read_only_paths();
}

// Kept as "host=ip"; Docker shows a colon, with which an IPv6 address still is told by the first one.
std::vector<std::string> extra_hosts(const engine::ContainerConfig& config) {
  std::vector<std::string> hosts = config.extra_hosts;
  for (std::string& host : hosts)
    if (const size_t equals = host.find('='); equals != std::string::npos) host[equals] = ':';
  return hosts;
}

ordered_json volumes_from(const engine::ContainerConfig& config) {
  std::vector<std::string> lenders;
  for (const engine::VolumesFrom& from : config.volumes_from)
    lenders.push_back(from.container + (from.read_only ? ":ro" : ""));
  return list_or_null(lenders);
}

ordered_json host_config_of(const engine::ContainerConfig& config) {
  constexpr int64_t kUsualShm = 64 << 20;
  ordered_json host;
  add_asked_mounts(config, host);
  host["LogConfig"] = {{"Type", config.log.driver}, {"Config", config.log.options}};
  host["NetworkMode"] = network_mode_of(config);
  host["PortBindings"] = bindings_of(config.ports, {});
  host["RestartPolicy"] = restart_of(config);
  host["AutoRemove"] = config.auto_remove;
  host["VolumeDriver"] = "";
  host["VolumesFrom"] = volumes_from(config);
  host["CapAdd"] = list_or_null(config.cap_add);
  host["CapDrop"] = list_or_null(config.cap_drop);
  host["Dns"] = config.resolver.servers;
  host["DnsOptions"] = config.resolver.options;
  host["DnsSearch"] = config.resolver.search;
  host["ExtraHosts"] = list_or_null(extra_hosts(config));
  host["Links"] = links_of(config);
  host["OomScoreAdj"] = config.oom_score_adj;
  host["Privileged"] = config.privileged;
  host["PublishAllPorts"] = config.publish_all;
  host["ReadonlyRootfs"] = config.read_only;
  host["Init"] = config.init;
  host["ShmSize"] = config.shm_size == 0 ? kUsualShm : config.shm_size;
  host["Runtime"] = "compose";
  add_confinement(config, host);
  add_resources(config, host);
  return host;
}

ordered_json health_check_of(const engine::ImageHealth& health) {
  const auto nanoseconds = [](const std::optional<int64_t>& ms) {
    return ms.value_or(0) * kNanosecondsPerMillisecond;
  };
  return {{"Test", health.test},
          {"Interval", nanoseconds(health.interval_ms)},
          {"Timeout", nanoseconds(health.timeout_ms)},
          {"StartPeriod", nanoseconds(health.start_period_ms)},
          {"StartInterval", nanoseconds(health.start_interval_ms)},
          {"Retries", health.retries.value_or(0)}};
}

ordered_json names_to_objects(const std::set<std::string>& names) {
  if (names.empty()) return nullptr;
  auto object = ordered_json::object();
  for (const std::string& name : names) object[name] = ordered_json::object();
  return object;
}

ordered_json config_of(const engine::ContainerInfo& container, const engine::ContainerConfig& config,
                       const engine::ImageConfig& effective) {
  ordered_json described{{"Hostname", config.hostname.empty() ? container.id.substr(0, 12) : config.hostname},
                         {"Domainname", config.domainname},
                         {"User", effective.user},
                         {"ExposedPorts", names_to_objects(effective.exposed_ports)},
                         {"Tty", config.tty},
                         {"OpenStdin", config.stdin_open},
                         {"StdinOnce", false},
                         {"Env", list_or_null(effective.env)},
                         {"Cmd", list_or_null(effective.cmd)},
                         {"Image", container.image},
                         {"Volumes", names_to_objects(effective.volumes)},
                         {"WorkingDir", effective.working_dir},
                         {"Entrypoint", list_or_null(effective.entrypoint)},
                         {"OnBuild", nullptr},
                         {"Labels", shown_labels(effective.labels)}};
  if (described["ExposedPorts"].is_null()) described.erase("ExposedPorts");
  if (!effective.stop_signal.empty()) described["StopSignal"] = effective.stop_signal;
  if (config.stop_grace_ms) described["StopTimeout"] = *config.stop_grace_ms / 1000;
  if (effective.healthcheck) described["Healthcheck"] = health_check_of(*effective.healthcheck);
  return described;
}

ordered_json driver_of(const engine::Engine& engine, const engine::ContainerInfo& container,
                       const engine::StoredImage* image) {
  const std::string folder = engine.paths().container(container.id);
  std::string lower;
  if (image != nullptr)
    for (const std::string& layer : image->lower_dirs) lower += (lower.empty() ? "" : ":") + layer;
  return {{"Name", "overlay"},
          {"Data", {{"LowerDir", lower}, {"UpperDir", folder + "/upper"}, {"WorkDir", folder + "/work"}}}};
}

// As the process sees it: the words behind `command`.
void add_process(const engine::ImageConfig& effective, ordered_json& described) {
  std::vector<std::string> words = effective.entrypoint;
  words.insert(words.end(), effective.cmd.begin(), effective.cmd.end());
  described["Path"] = words.empty() ? "" : words.front();
  if (!words.empty()) words.erase(words.begin());
  described["Args"] = words;
}

}  // namespace

ordered_json described(engine::Engine& engine, const engine::ContainerInfo& container, bool with_size) {
  const engine::ContainerConfig config = engine.configuration_of(container.id);
  const auto image = engine.image_store().find(container.image_id);
  const engine::ImageConfig effective =
      engine::effective_config(image ? image->config : engine::ImageConfig(), config);
  const std::string folder = engine.paths().run_container(container.id);
  ordered_json object{{"Id", container.id}, {"Created", moment(container.created_ms)}};
  add_process(effective, object);
  object["State"] = state_of(container.status);
  object["Image"] = container.image_id;
  // They are there while it runs.
  object["ResolvConfPath"] = is_up(container) ? folder + "/resolv.conf" : "";
  object["HostnamePath"] = is_up(container) ? folder + "/hostname" : "";
  object["HostsPath"] = is_up(container) ? folder + "/hosts" : "";
  object["LogPath"] = container.log_driver == "none" ? "" : container.log_path;
  object["Name"] = '/' + container.name;
  object["RestartCount"] = container.status.restart_count;
  object["Driver"] = "overlay";
  object["Platform"] = "linux";
  object["MountLabel"] = "";
  object["ProcessLabel"] = "";
  object["AppArmorProfile"] = option_of(config, "apparmor");
  object["HostConfig"] = host_config_of(config);
  object["GraphDriver"] = driver_of(engine, container, image ? &*image : nullptr);
  if (with_size) {
    const int64_t written = engine.written_bytes(container.id);
    object["SizeRw"] = written;
    object["SizeRootFs"] = written + (image ? image->size : 0);
  }
  object["Mounts"] = mounts_of(container, config);
  object["Config"] = config_of(container, config, effective);
  object["NetworkSettings"] = network_settings_of(container, config);
  return object;
}

}  // namespace compose::cli
