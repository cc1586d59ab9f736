// From a service of the file to the engine's configuration of one of its containers.
#include <algorithm>

#include "compose/plan/borrowed_volumes.h"
#include "compose/plan/describe.h"
#include "compose/plan/granted_files.h"
#include "compose/plan/graph.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "compose/plan/naming.h"
#include "compose/plan/planner.h"
#include "compose/plan/service_network.h"
#include "engine/image/digest.h"
#include "parser/security_option.h"
#include "parser/switches.h"

namespace compose {
namespace {

std::optional<int64_t> milliseconds(const std::optional<parser::Duration>& duration) {
  if (!duration) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(*duration).count();
}

engine::MountConfig mount_config(const parser::Project& project, const parser::VolumeMount& mount) {
  using From = parser::VolumeMount::Type;
  using To = engine::MountConfig::Type;
  engine::MountConfig config;
  config.type = mount.type == From::kBind    ? To::kBind
                : mount.type == From::kTmpfs ? To::kTmpfs
                : mount.type == From::kImage ? To::kImage
                                             : To::kVolume;
  config.source = mount.source;
  const auto volume = project.volumes.find(mount.source);
  if (mount.type == From::kVolume && volume != project.volumes.end()) config.source = volume->second.name;
  config.target = mount.target;
  config.read_only = mount.read_only;
  config.create_host_path = mount.create_host_path;
  config.propagation = mount.propagation;
  config.recursive = mount.recursive;
  config.idmap = mount.idmap;
  config.nocopy = mount.nocopy;
  config.labels = mount.labels;
  config.subpath = mount.subpath;
  config.tmpfs_size = mount.tmpfs_size;
  config.tmpfs_mode = mount.tmpfs_mode;
  config.tmpfs_options = mount.tmpfs_options;
  return config;
}

engine::HealthConfig health_config(const parser::HealthCheck& health) {
  engine::HealthConfig config;
  config.disable = health.disable || (!health.test.empty() && health.test.front() == "NONE");
  if (!config.disable) config.test = health.test;
  config.interval_ms = milliseconds(health.interval);
  config.timeout_ms = milliseconds(health.timeout);
  config.start_period_ms = milliseconds(health.start_period);
  config.start_interval_ms = milliseconds(health.start_interval);
  config.retries = health.retries;
  return config;
}

const char* restart_policy(parser::Restart::Policy policy) {
  using Policy = parser::Restart::Policy;
  switch (policy) {
    case Policy::kNo:
      break;
    case Policy::kAlways:
      return "always";
    case Policy::kOnFailure:
      return "on-failure";
    case Policy::kUnlessStopped:
      return "unless-stopped";
  }
  return "no";
}

engine::Labels container_labels(const parser::Project& project, const parser::Service& service, int number,
                                const std::string& image_id, const ServiceDescription& description) {
  engine::Labels labels = service.labels;
  labels[label::kProject] = project.name;
  labels[label::kService] = service.name;
  labels[label::kNumber] = std::to_string(number);
  labels[label::kOneOff] = "False";
  labels[label::kConfigHash] = description.hash;
  labels[label::kConfig] = description.text;
  labels[label::kWorkingDir] = project.working_dir;
  labels[label::kConfigFiles] = join(project.config_files, ",");
  if (!project.env_files.empty()) labels[label::kEnvironmentFile] = join(project.env_files, ",");
  labels[label::kDependsOn] = depends_on_label(service.depends_on);
  labels[label::kImage] = image_id;
  labels[label::kVersionLabel] = kVersion;
  return labels;
}

void set_confinement(const parser::Project& project, const parser::Service& service,
                     engine::ContainerConfig& config) {
  for (const std::string& option : service.security_opt) {
    const bool file = parser::seccomp_file_at(option).has_value();
    config.security_opt.push_back(file ? "seccomp=" + service.seccomp_profile : option);
  }
  config.sysctls = service.sysctls;
  config.group_add = service.group_add;
  config.domainname = service.domainname;
  config.annotations = service.annotations;
  config.ipc_mode = namespace_mode(project, service.ipc);
  config.pid_mode = namespace_mode(project, service.pid);
  config.uts_mode = namespace_mode(project, service.uts);
  config.cgroupns_mode = service.cgroup;
  config.userns_mode = service.userns_mode;
}

void set_limits(const parser::Service& service, engine::ContainerConfig& config) {
  config.cap_add = service.cap_add;
  config.cap_drop = service.cap_drop;
  config.privileged = service.privileged;
  config.read_only = service.read_only;
  config.init = service.init.value_or(false);
  config.tty = service.tty;
  config.stdin_open = service.stdin_open;
  config.shm_size = service.shm_size;
  config.oom_score_adj = service.oom_score_adj;
  config.cgroup_parent = service.cgroup_parent;
  for (const auto& [name, limit] : service.ulimits) config.ulimits.push_back({name, limit.soft, limit.hard});
  for (const auto& device : service.devices)
    config.devices.push_back({device.source, device.target, device.permissions});
  config.device_cgroup_rules = service.device_cgroup_rules;
}

std::vector<engine::DeviceRate> rates(const std::vector<parser::BlkioConfig::Throttle>& throttles) {
  std::vector<engine::DeviceRate> made;
  made.reserve(throttles.size());
  for (const auto& throttle : throttles) made.push_back({throttle.path, throttle.rate});
  return made;
}

engine::Resources resources(const parser::Service& service) {
  engine::Resources made;
  made.memory = service.limits.memory;
  made.memory_reservation = service.limits.memory_reservation;
  made.memory_swap = service.memswap_limit;
  made.memory_swappiness = service.mem_swappiness.value_or(-1);
  made.oom_kill_disable = service.oom_kill_disable;
  made.cpus = service.limits.cpus;
  made.cpu_shares = service.cpu_shares;
  made.cpu_quota = service.cpu_quota;
  made.cpu_period = service.cpu_period;
  made.cpu_rt_runtime = service.cpu_rt_runtime;
  made.cpu_rt_period = service.cpu_rt_period;
  made.cpuset = service.cpuset;
  made.pids = service.limits.pids;
  if (!service.blkio_config) return made;
  const parser::BlkioConfig& blkio = *service.blkio_config;
  made.blkio_weight = blkio.weight;
  for (const auto& device : blkio.weight_device)
    made.blkio_weight_device.push_back({device.path, device.weight});
  made.device_read_bps = rates(blkio.device_read_bps);
  made.device_write_bps = rates(blkio.device_write_bps);
  made.device_read_iops = rates(blkio.device_read_iops);
  made.device_write_iops = rates(blkio.device_write_iops);
  return made;
}

}  // namespace

std::string separator(const parser::Project& project) {
  return parser::is_switched_on(project.environment, parser::kCompatibility) ? "_" : "-";
}

std::string usual_name(const std::string& project, const std::string& service, int number,
                       const std::string& between) {
  return project + between + service + between + std::to_string(number);
}

std::string container_name(const parser::Project& project, const parser::Service& service, int number) {
  if (!service.container_name.empty()) return service.container_name;
  return usual_name(project.name, service.name, number, separator(project));
}

engine::ContainerConfig container_config(const parser::Project& project, const parser::Service& service,
                                         int number, const std::string& name, const std::string& image_id) {
  return container_config(project, service, number, name, image_id, described(project, service));
}

engine::ContainerConfig container_config(const parser::Project& project, const parser::Service& service,
                                         int number, const std::string& name, const std::string& image_id,
                                         const ServiceDescription& description) {
  engine::ContainerConfig config;
  config.name = name;
  config.image = image_of(project, service);
  config.command = service.command;
  config.entrypoint = service.entrypoint;
  config.environment = service.environment;
  config.working_dir = service.working_dir;
  config.user = service.user;
  config.hostname = service.hostname;
  config.labels = container_labels(project, service, number, image_id, description);
  for (const auto& mount : service.volumes) config.mounts.push_back(mount_config(project, mount));
  grant_files(project, service, config);
  for (const VolumeLender& lender : lenders_of(service)) {
    const auto lending = project.services.find(lender.service);
    config.volumes_from.push_back(
        {lending == project.services.end() ? lender.container : container_name(project, lending->second, 1),
         lender.read_only});
  }
  if (service.logging) {
    if (!service.logging->driver.empty()) config.log.driver = service.logging->driver;
    config.log.options = service.logging->options;
  }
  set_network(project, service, config);
  if (service.healthcheck) config.healthcheck = health_config(*service.healthcheck);
  config.restart = restart_policy(service.restart.policy);
  config.restart_max = service.restart.max_retries;
  if (service.deploy && service.deploy->restart_policy) {
    const parser::DeployRestart& policy = *service.deploy->restart_policy;
    config.restart_delay_ms = milliseconds(policy.delay).value_or(-1);
    config.restart_window_ms = milliseconds(policy.window).value_or(0);
  }
  config.stop_signal = service.stop_signal;
  config.stop_grace_ms = milliseconds(service.stop_grace_period);
  set_limits(service, config);
  set_confinement(project, service, config);
  config.resources = resources(service);
  return config;
}

engine::NetworkConfig network_config(const parser::Project& project, const parser::Network& network) {
  const std::string description = describe_network(network);
  engine::NetworkConfig config;
  config.name = network.name;
  if (!network.driver.empty()) config.driver = network.driver;
  config.enable_ipv4 = network.enable_ipv4.value_or(true);
  config.enable_ipv6 = network.enable_ipv6.value_or(false);
  for (const parser::IpamPool& pool : network.ipam) {
    const bool v6 = pool.subnet.find(':') != std::string::npos;
    // A subnet of a family that the network is without is not used; the parser says so.
    if (pool.subnet.empty() || !(v6 ? config.enable_ipv6 : config.enable_ipv4)) continue;
    config.pools.push_back({pool.subnet, pool.gateway, pool.ip_range, pool.aux_addresses});
  }
  config.internal = network.internal;
  config.attachable = network.attachable;
  config.driver_opts = network.driver_opts;
  config.labels = network.labels;
  config.labels[label::kProject] = project.name;
  config.labels[label::kNetwork] = network.key;
  config.labels[label::kConfigHash] = engine::sha256_hex(description);
  config.labels[label::kConfig] = description;
  config.labels[label::kVersionLabel] = kVersion;
  return config;
}

engine::VolumeConfig volume_config(const parser::Project& project, const parser::Volume& volume) {
  const std::string description = describe_volume(volume);
  engine::VolumeConfig config;
  config.name = volume.name;
  if (!volume.driver.empty()) config.driver = volume.driver;
  config.driver_opts = volume.driver_opts;
  config.labels = volume.labels;
  config.labels[label::kProject] = project.name;
  config.labels[label::kVolume] = volume.key;
  config.labels[label::kConfigHash] = engine::sha256_hex(description);
  config.labels[label::kConfig] = description;
  config.labels[label::kVersionLabel] = kVersion;
  return config;
}

}  // namespace compose
