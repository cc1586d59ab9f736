#include <algorithm>

#include "parser/output_tree.h"

namespace parser {

namespace {

Json depends_on_tree(const std::map<std::string, Dependency>& dependencies) {
  Json map = Json::object();
  for (const auto& [name, dependency] : dependencies) {
    Json& item = map[name];
    item["condition"] = dependency.condition == Dependency::Condition::kHealthy ? "service_healthy"
                        : dependency.condition == Dependency::Condition::kCompletedSuccessfully
                            ? "service_completed_successfully"
                            : "service_started";
    put(item, "restart", dependency.restart);
    put_extensions(item, dependency.extensions);
    item["required"] = dependency.required;
  }
  return map;
}

Json healthcheck_tree(const HealthCheck& check) {
  Json map = Json::object();
  put(map, "test", check.test);
  put(map, "timeout", check.timeout);
  put(map, "interval", check.interval);
  if (check.retries) map["retries"] = *check.retries;
  put(map, "start_period", check.start_period);
  put(map, "start_interval", check.start_interval);
  put(map, "disable", check.disable);
  put_extensions(map, check.extensions);
  return map;
}

Json blkio_tree(const BlkioConfig& config) {
  Json map = Json::object();
  put_number(map, "weight", config.weight);
  for (const BlkioConfig::WeightDevice& device : config.weight_device) {
    Json item = {{"path", device.path}, {"weight", device.weight}};
    put_extensions(item, device.extensions);
    map["weight_device"].push_back(std::move(item));
  }
  const auto throttles = [&map](const char* key, const std::vector<BlkioConfig::Throttle>& devices) {
    for (const BlkioConfig::Throttle& device : devices) {
      Json item = {{"path", device.path}, {"rate", std::to_string(device.rate)}};
      put_extensions(item, device.extensions);
      map[key].push_back(std::move(item));
    }
  };
  throttles("device_read_bps", config.device_read_bps);
  throttles("device_read_iops", config.device_read_iops);
  throttles("device_write_bps", config.device_write_bps);
  throttles("device_write_iops", config.device_write_iops);
  put_extensions(map, config.extensions);
  return map;
}

Json credential_spec_tree(const CredentialSpec& spec) {
  Json map = Json::object();
  put(map, "config", spec.config);
  put(map, "file", spec.file);
  put(map, "registry", spec.registry);
  put_extensions(map, spec.extensions);
  return map;
}

Json logging_tree(const Logging& logging) {
  Json map = Json::object();
  put(map, "driver", logging.driver);
  put(map, "options", logging.options);
  put_extensions(map, logging.extensions);
  return map;
}

// One map, sorted: what has a value and what is set nowhere.
void put_environment(Json& map, const Service& service) {
  OptionalMap all(service.environment.begin(), service.environment.end());
  for (const std::string& name : service.unset_environment) all.emplace(name, std::nullopt);
  put(map, "environment", all);
}

void put_env_files(Json& map, const std::vector<EnvFile>& files) {
  for (const EnvFile& file : files) {
    Json item = {{"path", file.path}};
    if (!file.required) item["required"] = false;
    if (file.raw) item["format"] = "raw";
    map["env_file"].push_back(std::move(item));
  }
}

// A whole number without ".0".
Json number(double value) {
  const auto whole = static_cast<int64_t>(value);
  return static_cast<double>(whole) == value ? Json(whole) : Json(value);
}

// A number of this attribute is whole, else it is a string.
void put_percentage(Json& map, double value) {
  if (value == 0) return;
  const Json shown = number(value);
  map["cpu_percent"] = shown.is_number_integer() ? shown : Json(shown.dump());
}

std::string restart_text(const Restart& restart) {
  switch (restart.policy) {
    case Restart::Policy::kNo:
      return "no";
    case Restart::Policy::kAlways:
      return "always";
    case Restart::Policy::kUnlessStopped:
      return "unless-stopped";
    case Restart::Policy::kOnFailure:
      break;
  }
  return restart.max_retries == 0 ? "on-failure" : "on-failure:" + std::to_string(restart.max_retries);
}

std::vector<std::string> link_texts(const std::vector<Link>& links) {
  std::vector<std::string> texts;
  texts.reserve(links.size());
  for (const Link& link : links)
    texts.push_back(link.alias == link.service ? link.service : link.service + ":" + link.alias);
  return texts;
}

std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

// `tmpfs` has a list of its own.
void put_tmpfs(Json& map, const std::vector<VolumeMount>& mounts) {
  for (const VolumeMount& mount : mounts)
    if (!mount.short_tmpfs.empty()) map["tmpfs"].push_back(mount.short_tmpfs);
}

void put_mounts(Json& map, const std::vector<VolumeMount>& mounts) {
  for (const VolumeMount& mount : mounts)
    if (mount.short_tmpfs.empty()) map["volumes"].push_back(mount_tree(mount));
}

}  // namespace

Json service_tree(const Service& service, const OutputStyle& style) {
  Json map = Json::object();
  const auto command = [&](const char* key, const std::optional<std::vector<std::string>>& words) {
    if (words)
      map[key] = *words;
    else if (style.json)
      map[key] = nullptr;
  };
  put(map, "profiles", service.profiles);
  put(map, "annotations", service.annotations);
  if (service.attach) map["attach"] = *service.attach;
  if (service.build) map["build"] = build_tree(*service.build);
  if (service.develop) map["develop"] = develop_tree(*service.develop);
  if (service.blkio_config) map["blkio_config"] = blkio_tree(*service.blkio_config);
  put(map, "cap_add", service.cap_add);
  put(map, "cap_drop", service.cap_drop);
  put(map, "cgroup_parent", service.cgroup_parent);
  put(map, "cgroup", service.cgroup);
  put_number(map, "cpu_count", service.cpu_count);
  put_percentage(map, service.cpu_percent);
  put_number(map, "cpu_period", service.cpu_period);
  put_number(map, "cpu_quota", service.cpu_quota);
  put_number(map, "cpu_rt_period", service.cpu_rt_period);
  put_number(map, "cpu_rt_runtime", service.cpu_rt_runtime);
  if (service.cpus != 0) map["cpus"] = number(service.cpus);
  put(map, "cpuset", service.cpuset);
  put_number(map, "cpu_shares", service.cpu_shares);
  command("command", service.command);
  put_grants(map, "configs", service.configs, "");
  put(map, "container_name", service.container_name);
  if (service.credential_spec) map["credential_spec"] = credential_spec_tree(*service.credential_spec);
  if (!service.depends_on.empty()) map["depends_on"] = depends_on_tree(service.depends_on);
  if (service.deploy) map["deploy"] = deploy_tree(*service.deploy, style.json);
  put(map, "device_cgroup_rules", service.device_cgroup_rules);
  for (const Device& device : service.devices) map["devices"].push_back(device_tree(device));
  put(map, "dns", service.dns);
  put(map, "dns_opt", service.dns_opt);
  put(map, "dns_search", service.dns_search);
  put(map, "domainname", service.domainname);
  command("entrypoint", service.entrypoint);
  if (service.provider) map["provider"] = provider_tree(*service.provider);
  put_environment(map, service);
  if (style.files) put_env_files(map, service.env_files);
  put(map, "expose", service.expose);
  put(map, "external_links", link_texts(service.external_links));
  put(map, "extra_hosts", sorted(service.extra_hosts));
  put(map, "group_add", service.group_add);
  put_device_requests(map, "gpus", service.gpus);
  put(map, "hostname", service.hostname);
  if (service.healthcheck) map["healthcheck"] = healthcheck_tree(*service.healthcheck);
  put(map, "image", service.image);
  if (service.init) map["init"] = *service.init;
  put(map, "ipc", service.ipc);
  put(map, "isolation", service.isolation);
  put(map, "labels", service.labels);
  if (style.files) put(map, "label_file", service.label_files);
  put(map, "links", link_texts(service.links));
  if (service.logging) map["logging"] = logging_tree(*service.logging);
  put_size(map, "mem_limit", service.mem_limit);
  put_size(map, "mem_reservation", service.mem_reservation);
  put_size(map, "memswap_limit", service.memswap_limit);
  if (service.mem_swappiness) map["mem_swappiness"] = std::to_string(*service.mem_swappiness);
  put(map, "mac_address", service.mac_address);
  if (!service.models.empty()) map["models"] = service_models_tree(service.models);
  put(map, "network_mode", service.network_mode);
  if (!service.networks.empty()) map["networks"] = service_networks_tree(service.networks);
  put(map, "oom_kill_disable", service.oom_kill_disable);
  put_number(map, "oom_score_adj", service.oom_score_adj);
  put(map, "pid", service.pid);
  put_number(map, "pids_limit", service.pids_limit);
  put(map, "platform", service.platform);
  for (const Port& port : service.ports) map["ports"].push_back(port_tree(port));
  put(map, "privileged", service.privileged);
  put(map, "pull_policy", service.pull_policy);
  put(map, "pull_refresh_after", service.pull_refresh_after);
  put(map, "read_only", service.read_only);
  if (service.restart.given) map["restart"] = restart_text(service.restart);
  put(map, "runtime", service.runtime);
  if (service.scale) map["scale"] = *service.scale;
  put_grants(map, "secrets", service.secrets, "/run/secrets/");
  put(map, "security_opt", service.security_opt);
  put_size(map, "shm_size", service.shm_size);
  put(map, "stdin_open", service.stdin_open);
  put(map, "stop_grace_period", service.stop_grace_period);
  put(map, "stop_signal", service.stop_signal);
  put(map, "storage_opt", service.storage_opt);
  put(map, "sysctls", service.sysctls);
  put_tmpfs(map, service.volumes);
  put(map, "tty", service.tty);
  put_ulimits(map, service.ulimits);
  put(map, "use_api_socket", service.use_api_socket);
  put(map, "user", service.user);
  put(map, "userns_mode", service.userns_mode);
  put(map, "uts", service.uts);
  put_mounts(map, service.volumes);
  put(map, "volumes_from", service.volumes_from);
  put(map, "working_dir", service.working_dir);
  put_hooks(map, "pre_start", service.pre_start, service.image);
  put_hooks(map, "post_start", service.post_start, "");
  put_hooks(map, "pre_stop", service.pre_stop, "");
  put_extensions(map, service.extensions);
  return map;
}

}  // namespace parser
