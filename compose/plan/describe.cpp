#include "compose/plan/describe.h"

#include <nlohmann/json.hpp>

#include "compose/plan/granted_files.h"
#include "compose/plan/planner.h"
#include "engine/image/digest.h"
#include "parser/security_option.h"

namespace compose {
namespace {

using Json = nlohmann::json;  // objects sort their keys: the dump is canonical

// Sets a member unless it is at its default.
template <typename T>
void put(Json& object, const char* key, const T& value, const T& normal = T()) {
  if (value != normal) object[key] = value;
}

void put_duration(Json& object, const char* key, const std::optional<parser::Duration>& duration) {
  if (duration) object[key] = std::to_string(duration->count() / 1'000'000) + "ms";
}

Json describe_port(const parser::Port& port) {
  Json json{{"target", port.target}, {"protocol", port.protocol}};
  put(json, "host_ip", port.host_ip);
  if (port.published != 0) {
    json["published"] = std::to_string(port.published);
    if (port.published_end > port.published) {
      json["published"] = std::to_string(port.published) + "-" + std::to_string(port.published_end);
    }
  }
  return json;
}

Json describe_mount(const parser::Project& project, const parser::VolumeMount& mount) {
  using Type = parser::VolumeMount::Type;
  Json json;
  json["type"] = mount.type == Type::kVolume  ? "volume"
                 : mount.type == Type::kBind  ? "bind"
                 : mount.type == Type::kImage ? "image"
                                              : "tmpfs";
  std::string source = mount.source;
  const auto volume = project.volumes.find(mount.source);
  if (mount.type == Type::kVolume && volume != project.volumes.end()) source = volume->second.name;
  put(json, "source", source);
  put(json, "read_only", mount.read_only);
  put(json, "propagation", mount.propagation);
  put(json, "nocopy", mount.nocopy);
  put(json, "tmpfs_size", mount.tmpfs_size);
  put(json, "tmpfs_mode", mount.tmpfs_mode);
  put(json, "recursive", mount.recursive);
  put(json, "x-idmap", mount.idmap);
  put(json, "labels", mount.labels);
  put(json, "subpath", mount.subpath);
  put(json, "tmpfs_options", mount.tmpfs_options);
  if (!mount.create_host_path) json["create_host_path"] = false;
  return json;
}

Json describe_networks(const parser::Project& project, const parser::Service& service) {
  Json json = Json::object();
  for (const auto& [key, attachment] : service.networks) {
    const auto network = project.networks.find(key);
    Json entry = Json::object();
    put(entry, "aliases", attachment.aliases);
    put(entry, "ipv4_address", attachment.ipv4_address);
    put(entry, "ipv6_address", attachment.ipv6_address);
    put(entry, "driver_opts", attachment.driver_opts);
    put(entry, "mac_address", attachment.mac_address);
    put(entry, "priority", attachment.priority);
    put(entry, "gw_priority", attachment.gw_priority);
    put(entry, "interface_name", attachment.interface_name);
    put(entry, "link_local_ips", attachment.link_local_ips);
    json[network == project.networks.end() ? key : network->second.name] = entry;
  }
  return json;
}

Json describe_health(const parser::HealthCheck& health) {
  Json json = Json::object();
  put(json, "disable", health.disable);
  put(json, "test", health.test);
  put_duration(json, "interval", health.interval);
  put_duration(json, "timeout", health.timeout);
  put_duration(json, "start_period", health.start_period);
  put_duration(json, "start_interval", health.start_interval);
  if (health.retries) json["retries"] = *health.retries;
  return json;
}

std::string describe_restart(const parser::Restart& restart) {
  using Policy = parser::Restart::Policy;
  switch (restart.policy) {
    case Policy::kNo:
      break;
    case Policy::kAlways:  // a number comes from deploy.restart_policy only
      return restart.max_retries == 0 ? "always" : "always:" + std::to_string(restart.max_retries);
    case Policy::kUnlessStopped:
      return "unless-stopped";
    case Policy::kOnFailure:
      return restart.max_retries == 0 ? "on-failure" : "on-failure:" + std::to_string(restart.max_retries);
  }
  return "no";
}

void put_hooks(Json& json, const char* key, const std::vector<parser::Hook>& hooks) {
  for (const auto& hook : hooks) {
    Json entry{{"command", hook.command.value_or(parser::Words())}};
    put(entry, "user", hook.user);
    put(entry, "privileged", hook.privileged);
    put(entry, "working_dir", hook.working_dir);
    for (const auto& [name, value] : hook.environment) entry["environment"][name] = value.value_or("");
    json[key].push_back(entry);
  }
}

void put_program(Json& json, const parser::Service& service) {
  if (service.command) json["command"] = *service.command;
  if (service.entrypoint) json["entrypoint"] = *service.entrypoint;
  put(json, "environment", service.environment);
  put(json, "working_dir", service.working_dir);
  put(json, "user", service.user);
  put(json, "hostname", service.hostname);
  put(json, "container_name", service.container_name);
  put(json, "labels", service.labels);
  put(json, "stop_signal", service.stop_signal);
  put_duration(json, "stop_grace_period", service.stop_grace_period);
  put(json, "restart", describe_restart(service.restart), std::string("no"));
  if (service.deploy && service.deploy->restart_policy) {
    put_duration(json, "restart_delay", service.deploy->restart_policy->delay);
    put_duration(json, "restart_window", service.deploy->restart_policy->window);
  }
  if (service.healthcheck) json["healthcheck"] = describe_health(*service.healthcheck);
  put_hooks(json, "post_start", service.post_start);
  put_hooks(json, "pre_stop", service.pre_stop);
}

Json describe_blkio(const parser::BlkioConfig& blkio) {
  Json json = Json::object();
  put(json, "weight", blkio.weight);
  for (const auto& device : blkio.weight_device) json["weight_device"][device.path] = device.weight;
  const auto rates = [&](const char* key, const std::vector<parser::BlkioConfig::Throttle>& throttles) {
    for (const auto& throttle : throttles) json[key][throttle.path] = throttle.rate;
  };
  rates("device_read_bps", blkio.device_read_bps);
  rates("device_write_bps", blkio.device_write_bps);
  rates("device_read_iops", blkio.device_read_iops);
  rates("device_write_iops", blkio.device_write_iops);
  return json;
}

void put_limits(Json& json, const parser::Service& service) {
  put(json, "cap_add", service.cap_add);
  put(json, "cap_drop", service.cap_drop);
  put(json, "privileged", service.privileged);
  put(json, "read_only", service.read_only);
  put(json, "init", service.init.value_or(false));
  put(json, "tty", service.tty);
  put(json, "stdin_open", service.stdin_open);
  put(json, "mem_limit", service.limits.memory);
  put(json, "cpus", service.limits.cpus);
  put(json, "cpu_shares", service.cpu_shares);
  put(json, "pids_limit", service.limits.pids);
  put(json, "shm_size", service.shm_size);
  put(json, "mem_reservation", service.limits.memory_reservation);
  put(json, "memswap_limit", service.memswap_limit);
  put(json, "mem_swappiness", service.mem_swappiness.value_or(-1), -1);
  put(json, "oom_kill_disable", service.oom_kill_disable);
  put(json, "oom_score_adj", service.oom_score_adj);
  put(json, "cpu_quota", service.cpu_quota);
  put(json, "cpu_period", service.cpu_period);
  put(json, "cpu_rt_runtime", service.cpu_rt_runtime);
  put(json, "cpu_rt_period", service.cpu_rt_period);
  put(json, "cpuset", service.cpuset);
  put(json, "cgroup_parent", service.cgroup_parent);
  if (service.blkio_config) json["blkio_config"] = describe_blkio(*service.blkio_config);
}

void put_confinement(Json& json, const parser::Service& service) {
  for (const std::string& option : service.security_opt) {
    // Of a profile its bytes count, not where they lie.
    const bool file = parser::seccomp_file_at(option).has_value();
    json["security_opt"].push_back(file ? "seccomp=sha256:" + engine::sha256_hex(service.seccomp_profile)
                                        : option);
  }
  put(json, "sysctls", service.sysctls);
  put(json, "group_add", service.group_add);
  put(json, "domainname", service.domainname);
  put(json, "annotations", service.annotations);
  put(json, "ipc", service.ipc);
  put(json, "pid", service.pid);
  put(json, "uts", service.uts);
  put(json, "cgroup", service.cgroup);
  put(json, "userns_mode", service.userns_mode);
}

void put_devices(Json& json, const parser::Service& service) {
  for (const auto& [name, limit] : service.ulimits) json["ulimits"][name] = {limit.soft, limit.hard};
  for (const auto& device : service.devices)
    json["devices"].push_back(device.source + ":" + device.target + ":" + device.permissions);
  put(json, "device_cgroup_rules", service.device_cgroup_rules);
}

}  // namespace

std::string describe_service(const parser::Project& project, const parser::Service& service) {
  Json json{{"image", image_of(project, service)}};
  put_program(json, service);
  put_limits(json, service);
  put_confinement(json, service);
  put_devices(json, service);
  for (const auto& port : service.ports) json["ports"].push_back(describe_port(port));
  put(json, "expose", service.expose);
  for (const auto& mount : service.volumes) json["volumes"][mount.target] = describe_mount(project, mount);
  describe_files(project, service, json);
  put(json, "volumes_from", service.volumes_from);
  if (service.logging) {
    json["logging"]["driver"] = service.logging->driver;
    json["logging"]["options"] = service.logging->options;
  }
  if (service.network_mode.empty()) json["networks"] = describe_networks(project, service);
  put(json, "network_mode", service.network_mode);
  put(json, "extra_hosts", service.extra_hosts);
  put(json, "dns", service.dns);
  put(json, "dns_search", service.dns_search);
  put(json, "dns_opt", service.dns_opt);
  for (const auto& link : service.links) json["links"][link.alias] = link.service;
  for (const auto& link : service.external_links) json["external_links"][link.alias] = link.service;
  put(json, "mac_address", service.mac_address);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

namespace {

Json describe_pool(const parser::IpamPool& pool) {
  Json json = Json::object();
  put(json, "subnet", pool.subnet);
  put(json, "gateway", pool.gateway);
  put(json, "ip_range", pool.ip_range);
  put(json, "aux_addresses", pool.aux_addresses);
  return json;
}

// The first one's members stand by themselves, as they did when there was one.
void describe_pools(const parser::Network& network, Json& json) {
  if (network.ipam.empty()) return;
  json.update(describe_pool(network.ipam.front()));
  for (size_t i = 1; i < network.ipam.size(); ++i) json["pools"].push_back(describe_pool(network.ipam[i]));
}

}  // namespace

std::string describe_network(const parser::Network& network) {
  Json json{{"name", network.name}, {"driver", network.driver.empty() ? "bridge" : network.driver}};
  put(json, "driver_opts", network.driver_opts);
  put(json, "internal", network.internal);
  put(json, "attachable", network.attachable);
  put(json, "enable_ipv4", network.enable_ipv4.value_or(true), true);
  put(json, "enable_ipv6", network.enable_ipv6.value_or(false));
  describe_pools(network, json);
  put(json, "labels", network.labels);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string describe_volume(const parser::Volume& volume) {
  Json json{{"name", volume.name}, {"driver", volume.driver.empty() ? "local" : volume.driver}};
  put(json, "driver_opts", volume.driver_opts);
  put(json, "labels", volume.labels);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string config_hash(const parser::Project& project, const parser::Service& service) {
  return engine::sha256_hex(describe_service(project, service));
}

ServiceDescription described(const parser::Project& project, const parser::Service& service) {
  ServiceDescription description{describe_service(project, service), {}};
  description.hash = engine::sha256_hex(description.text);
  return description;
}

}  // namespace compose
