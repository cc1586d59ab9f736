#include <fmt/format.h>

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
  return map;
}

Json port_tree(const Port& port) {
  Json map = Json::object();
  put(map, "name", port.name);
  map["mode"] = port.mode;
  put(map, "host_ip", port.host_ip);
  map["target"] = port.target;
  if (port.published != 0)
    map["published"] = port.published == port.published_end
                           ? std::to_string(port.published)
                           : fmt::format("{}-{}", port.published, port.published_end);
  map["protocol"] = port.protocol;
  put(map, "app_protocol", port.app_protocol);
  return map;
}

Json mount_tree(const VolumeMount& mount) {
  Json map = Json::object();
  const bool bind = mount.type == VolumeMount::Type::kBind;
  const bool tmpfs = mount.type == VolumeMount::Type::kTmpfs;
  map["type"] = bind ? "bind" : tmpfs ? "tmpfs" : "volume";
  put(map, "source", mount.source);
  map["target"] = mount.target;
  put(map, "read_only", mount.read_only);
  if (bind) {
    put(map["bind"], "propagation", mount.propagation);
    map["bind"]["create_host_path"] = mount.create_host_path;
  } else if (tmpfs) {
    map["tmpfs"] = Json::object();
    put_size(map["tmpfs"], "size", mount.tmpfs_size);
    if (mount.tmpfs_mode != 0) map["tmpfs"]["mode"] = fmt::format("{:04o}", mount.tmpfs_mode);
  } else {
    map["volume"] = Json::object();
    put(map["volume"], "nocopy", mount.nocopy);
  }
  return map;
}

Json service_networks_tree(const std::map<std::string, ServiceNetwork>& networks) {
  Json map = Json::object();
  for (const auto& [key, network] : networks) {
    Json item = Json::object();
    put(item, "aliases", network.aliases);
    put(item, "ipv4_address", network.ipv4_address);
    put(item, "mac_address", network.mac_address);
    map[key] = item.empty() ? Json() : item;
  }
  return map;
}

std::string restart_text(const Restart& restart) {
  switch (restart.policy) {
    case Restart::Policy::kNo:
      return "";
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

}  // namespace

Json service_tree(const Service& service, bool json) {
  Json map = Json::object();
  const auto command = [&](const char* key, const std::optional<std::vector<std::string>>& words) {
    if (words)
      map[key] = *words;
    else if (json)
      map[key] = nullptr;
  };
  put(map, "profiles", service.profiles);
  if (service.attach) map["attach"] = *service.attach;
  if (service.build) map["build"] = build_tree(*service.build);
  if (service.develop) map["develop"] = develop_tree(*service.develop);
  put(map, "cap_add", service.cap_add);
  put(map, "cap_drop", service.cap_drop);
  if (service.cpus != 0) map["cpus"] = service.cpus;
  put_number(map, "cpu_shares", service.cpu_shares);
  command("command", service.command);
  put_grants(map, "configs", service.configs, "");
  put(map, "container_name", service.container_name);
  if (!service.depends_on.empty()) map["depends_on"] = depends_on_tree(service.depends_on);
  if (service.deploy) map["deploy"] = deploy_tree(*service.deploy, json);
  command("entrypoint", service.entrypoint);
  if (service.provider) map["provider"] = provider_tree(*service.provider);
  put(map, "environment", service.environment);
  put(map, "expose", service.expose);
  put(map, "extra_hosts", service.extra_hosts);
  put_device_requests(map, "gpus", service.gpus);
  put(map, "hostname", service.hostname);
  if (service.healthcheck) map["healthcheck"] = healthcheck_tree(*service.healthcheck);
  put(map, "image", service.image);
  if (service.init) map["init"] = *service.init;
  put(map, "labels", service.labels);
  put(map, "links", link_texts(service.links));
  put_size(map, "mem_limit", service.mem_limit);
  if (!service.models.empty()) map["models"] = service_models_tree(service.models);
  put(map, "network_mode", service.network_mode);
  if (!service.networks.empty()) map["networks"] = service_networks_tree(service.networks);
  put_number(map, "pids_limit", service.pids_limit);
  for (const Port& port : service.ports) map["ports"].push_back(port_tree(port));
  put(map, "privileged", service.privileged);
  put(map, "pull_policy", service.pull_policy);
  put(map, "read_only", service.read_only);
  if (service.restart.given) put(map, "restart", restart_text(service.restart));
  if (service.scale) map["scale"] = *service.scale;
  put_grants(map, "secrets", service.secrets, "/run/secrets/");
  put_size(map, "shm_size", service.shm_size);
  put(map, "stop_grace_period", service.stop_grace_period);
  put(map, "stop_signal", service.stop_signal);
  put(map, "user", service.user);
  for (const VolumeMount& mount : service.volumes) map["volumes"].push_back(mount_tree(mount));
  put(map, "working_dir", service.working_dir);
  put_hooks(map, "pre_start", service.pre_start, service.image);
  put_hooks(map, "post_start", service.post_start, "");
  put_hooks(map, "pre_stop", service.pre_stop, "");
  put_extensions(map, service.extensions);
  return map;
}

}  // namespace parser
