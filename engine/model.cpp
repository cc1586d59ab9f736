#include "engine/model.h"

#include <iterator>

#include "engine/error.h"
#include "engine/json_optional.h"
#include "engine/shown_config.h"
#include "netmgr/address.h"

namespace engine {

NLOHMANN_JSON_SERIALIZE_ENUM(MountConfig::Type, {{MountConfig::Type::kBind, "bind"},
                                                 {MountConfig::Type::kVolume, "volume"},
                                                 {MountConfig::Type::kTmpfs, "tmpfs"},
                                                 {MountConfig::Type::kImage, "image"}})

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(PublishedPort, host_ip, host_port, host_port_end,
                                                container_port, protocol)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(MountConfig, type, source, target, read_only,
                                                create_host_path, propagation, recursive, idmap, nocopy,
                                                labels, subpath, tmpfs_size, tmpfs_mode, tmpfs_options)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FileConfig, target, source, uid, gid, mode)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(VolumesFrom, container, read_only)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(LogConfig, driver, options)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AttachmentConfig, network, aliases, ipv4_address, mac_address,
                                                interface_name, gateway_priority, link_local_ips,
                                                ipv6_address, driver_opts)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ResolverConfig, servers, search, options)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(DeviceRate, path, rate)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Resources, memory, memory_reservation, memory_swap,
                                                memory_swappiness, oom_kill_disable, cpus, cpu_shares,
                                                cpu_quota, cpu_period, cpu_rt_runtime, cpu_rt_period, cpuset,
                                                pids, blkio_weight, blkio_weight_device, device_read_bps,
                                                device_write_bps, device_read_iops, device_write_iops)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SpecUlimit, name, soft, hard)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SpecDevice, source, target, permissions)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(HealthConfig, disable, test, interval_ms, timeout_ms,
                                                start_period_ms, start_interval_ms, retries)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(
    ContainerConfig, name, image, command, entrypoint, environment, working_dir, user, hostname, labels,
    domainname, group_add, annotations, security_opt, sysctls, ipc_mode, pid_mode, uts_mode, cgroupns_mode,
    userns_mode, mounts, inherited_volumes, ports, expose, networks, network_mode, extra_hosts, resolver,
    links, publish_all, healthcheck, restart, restart_max, restart_delay_ms, restart_window_ms, stop_signal,
    stop_grace_ms, cap_add, cap_drop, privileged, read_only, init, tty, stdin_open, auto_remove, owner,
    shm_size, resources, cgroup_parent, ulimits, devices, device_cgroup_rules, oom_score_adj, files,
    volumes_from, log)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(PoolConfig, subnet, gateway, ip_range, aux_addresses)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(NetworkConfig, name, driver, pools, enable_ipv4, enable_ipv6,
                                                internal, attachable, driver_opts, labels)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(VolumeConfig, name, driver, driver_opts, labels, anonymous)

static void from_json(const nlohmann::json& config, ShownConfig& shown) {
  const auto read = [&](const char* key, auto& value) {
    if (const auto found = config.find(key); found != config.end()) found->get_to(value);
  };
  LogConfig log;
  read("labels", shown.labels);
  read("ports", shown.ports);
  read("expose", shown.expose);
  read("log", log);
  shown.log_driver = std::move(log.driver);
}

namespace {

// Members that are as in a new object are not written: less to write, and less to read for every command.
// Reading leaves what is missing as it is at first, so whoever changes that changes what was written before,
// and has to bring it over.
template <typename T>
std::string write(const T& value) {
  static const nlohmann::json usual = T();
  nlohmann::json members = value;
  for (auto member = members.begin(); member != members.end();)
    member = *member == usual.at(member.key()) ? members.erase(member) : std::next(member);
  return members.dump();
}

constexpr char kContainer[] = "container configuration";

template <typename T>
T parse(const std::string& text, const char* what) {
  try {
    return nlohmann::json::parse(text).get<T>();
  } catch (const nlohmann::json::exception& error) {
    throw Error(Error::Kind::kInternal,
                std::string("the recorded ") + what + " cannot be read: " + error.what());
  }
}

// A command that does several things to one container, or network, reads its row for each of them.
template <typename T>
T parse_again(const std::string& text, const char* what) {
  struct Last {
    std::string text;
    T value;
  };
  thread_local Last last;
  if (last.text != text) {
    last.value = parse<T>(text, what);
    last.text = text;
  }
  return last.value;
}

}  // namespace

const PoolConfig* pool_of(const std::vector<PoolConfig>& pools, bool v6) {
  for (const PoolConfig& pool : pools)
    if (netmgr::is_ipv6(pool.subnet) == v6) return &pool;
  return nullptr;
}

std::string to_json(const ContainerConfig& config) {
  return write(config);
}
ContainerConfig container_config_from_json(const std::string& text) {
  return parse_again<ContainerConfig>(text, kContainer);
}
ShownConfig shown_config_from_json(const std::string& text) {
  return parse<ShownConfig>(text, kContainer);
}
ShownConfig shown_config_of(const ContainerConfig& config) {
  return {config.labels, config.ports, config.expose, config.log.driver};
}

std::string to_json(const NetworkConfig& config) {
  return write(config);
}
NetworkConfig network_config_from_json(const std::string& text) {
  return parse_again<NetworkConfig>(text, "network configuration");
}

std::string to_json(const VolumeConfig& config) {
  return write(config);
}
VolumeConfig volume_config_from_json(const std::string& text) {
  return parse<VolumeConfig>(text, "volume configuration");
}

}  // namespace engine
