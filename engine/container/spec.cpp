#include "engine/container/spec.h"

#include <algorithm>
#include <array>

#include "engine/container/json_fields.h"

namespace engine {

namespace {

template <typename T, typename U>
concept Is = std::is_same_v<std::remove_const_t<T>, U>;

}  // namespace

constexpr std::array<const char*, 5> kMountTypes = {"bind", "tmpfs", "layers", "file", "device"};

std::string to_string(SpecMount::Type type) {
  return kMountTypes.at(static_cast<size_t>(type));
}

bool from_string(const std::string& text, SpecMount::Type& type) {
  const auto* const found = std::find(kMountTypes.begin(), kMountTypes.end(), text);
  if (found == kMountTypes.end()) return false;
  type = static_cast<SpecMount::Type>(found - kMountTypes.begin());
  return true;
}

template <typename A, Is<SpecMount> T>
void describe(A& archive, T& mount) {
  archive("type", mount.type);
  archive("source", mount.source);
  archive("target", mount.target);
  archive("read_only", mount.read_only);
  archive("propagation", mount.propagation);
  archive("recursive", mount.recursive);
  archive("idmap", mount.idmap);
  archive("subpath", mount.subpath);
  archive("fs_type", mount.fs_type);
  archive("options", mount.options);
  archive("tmpfs_size", mount.tmpfs_size);
  archive("tmpfs_mode", mount.tmpfs_mode);
  archive("lower_dirs", mount.lower_dirs);
  archive("scratch", mount.scratch);
  archive("content_hex", mount.content_hex);
  archive("uid", mount.uid);
  archive("gid", mount.gid);
  archive("mode", mount.mode);
}

template <typename A, Is<SpecUlimit> T>
void describe(A& archive, T& limit) {
  archive("name", limit.name);
  archive("soft", limit.soft);
  archive("hard", limit.hard);
}

template <typename A, Is<SpecHealthCheck> T>
void describe(A& archive, T& check) {
  archive("test", check.test);
  archive("interval_ms", check.interval_ms);
  archive("timeout_ms", check.timeout_ms);
  archive("start_period_ms", check.start_period_ms);
  archive("start_interval_ms", check.start_interval_ms);
  archive("retries", check.retries);
}

template <typename A, Is<DeviceRate> T>
void describe(A& archive, T& device) {
  archive("path", device.path);
  archive("rate", device.rate);
}

template <typename A, Is<Resources> T>
void describe(A& archive, T& resources) {
  archive("memory", resources.memory);
  archive("memory_reservation", resources.memory_reservation);
  archive("memory_swap", resources.memory_swap);
  archive("memory_swappiness", resources.memory_swappiness);
  archive("oom_kill_disable", resources.oom_kill_disable);
  archive("cpus", resources.cpus);
  archive("cpu_shares", resources.cpu_shares);
  archive("cpu_quota", resources.cpu_quota);
  archive("cpu_period", resources.cpu_period);
  archive("cpu_rt_runtime", resources.cpu_rt_runtime);
  archive("cpu_rt_period", resources.cpu_rt_period);
  archive("cpuset", resources.cpuset);
  archive("pids", resources.pids);
  archive("blkio_weight", resources.blkio_weight);
  archive("blkio_weight_device", resources.blkio_weight_device);
  archive("device_read_bps", resources.device_read_bps);
  archive("device_write_bps", resources.device_write_bps);
  archive("device_read_iops", resources.device_read_iops);
  archive("device_write_iops", resources.device_write_iops);
}

template <typename A, Is<SpecDevice> T>
void describe(A& archive, T& device) {
  archive("source", device.source);
  archive("target", device.target);
  archive("permissions", device.permissions);
}

template <typename A, Is<SpecNetwork> T>
void describe(A& archive, T& network) {
  archive("directory", network.directory);
  archive("address", network.address);
  archive("address6", network.address6);
  archive("names", network.names);
}

template <typename A, Is<SpecLink> T>
void describe(A& archive, T& link) {
  archive("alias", link.alias);
  archive("name", link.name);
}

template <typename A, Is<SpecNamespace> T>
void describe(A& archive, T& of) {
  archive("mode", of.mode);
  archive("container", of.container);
  archive("state_dir", of.state_dir);
}

template <typename A, Is<Spec> T>
void describe(A& archive, T& spec) {
  archive("id", spec.id);
  archive("name", spec.name);
  archive("hostname", spec.hostname);
  archive("domainname", spec.domainname);
  archive("lower_dirs", spec.lower_dirs);
  archive("upper_dir", spec.upper_dir);
  archive("work_dir", spec.work_dir);
  archive("read_only", spec.read_only);
  archive("args", spec.args);
  archive("env", spec.env);
  archive("working_dir", spec.working_dir);
  archive("user", spec.user);
  archive("groups", spec.groups);
  archive("mounts", spec.mounts);
  archive("init", spec.init);
  archive("tty", spec.tty);
  archive("rows", spec.rows);
  archive("columns", spec.columns);
  archive("stdin_open", spec.stdin_open);
  archive("capabilities", spec.capabilities);
  archive("privileged", spec.privileged);
  archive("seccomp_bpf", spec.seccomp_bpf);
  archive("seccomp_flags", spec.seccomp_flags);
  archive("no_new_privs", spec.no_new_privs);
  archive("unmasked", spec.unmasked);
  archive("apparmor", spec.apparmor);
  archive("sysctls", spec.sysctls);
  archive("ipc", spec.ipc);
  archive("pid", spec.pid);
  archive("uts", spec.uts);
  archive("host_cgroup_namespace", spec.host_cgroup_namespace);
  archive("exit_hook", spec.exit_hook);
  archive("shm_size", spec.shm_size);
  archive("oom_score_adj", spec.oom_score_adj);
  archive("devices", spec.devices);
  archive("device_cgroup_rules", spec.device_cgroup_rules);
  archive("ulimits", spec.ulimits);
  archive("cgroup", spec.cgroup);
  archive("monitors_cgroup", spec.monitors_cgroup);
  archive("resources", spec.resources);
  archive("host_network", spec.host_network);
  archive("net", spec.net);
  archive("networks", spec.networks);
  archive("links", spec.links);
  archive("dns_upstreams", spec.dns_upstreams);
  archive("dns_from_inside", spec.dns_from_inside);
  archive("dns_server", spec.dns_server);
  archive("exposed", spec.exposed);
  archive("load_balancer", spec.load_balancer);
  archive("restart", spec.restart);
  archive("restart_max", spec.restart_max);
  archive("restart_delay_ms", spec.restart_delay_ms);
  archive("restart_window_ms", spec.restart_window_ms);
  archive("healthcheck", spec.healthcheck);
  archive("stop_signal", spec.stop_signal);
  archive("stop_grace_ms", spec.stop_grace_ms);
  archive("log_path", spec.log_path);
  archive("log_max_size", spec.log_max_size);
  archive("log_max_file", spec.log_max_file);
  archive("log_compress", spec.log_compress);
  archive("log_attrs", spec.log_attrs);
  archive("events_dir", spec.events_dir);
  archive("event_attrs", spec.event_attrs);
  archive("run_dir", spec.run_dir);
  archive("state_dir", spec.state_dir);
}

std::string to_json(const Spec& spec) {
  return json_fields::write(spec, json_fields::BadBytes::kRefuse);
}

Spec spec_from_json(const std::string& text) {
  return json_fields::read<Spec>(text, "spec.json");
}

}  // namespace engine
