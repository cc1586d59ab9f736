#include "engine/effective_config.h"

#include <algorithm>

namespace engine {

namespace {

void add_ports(std::set<std::string>& ports, const ContainerConfig& container) {
  for (const std::string& port : container.expose)
    ports.insert(port.find('/') == std::string::npos ? port + "/tcp" : port);
  for (const PublishedPort& port : container.ports)
    ports.insert(std::to_string(port.container_port) + '/' + port.protocol);
}

void add_health(std::optional<ImageHealth>& image, const std::optional<HealthConfig>& container) {
  if (!container) return;
  ImageHealth health = image.value_or(ImageHealth{});
  if (!container->test.empty()) health.test = container->test;
  if (container->disable) health.test = {"NONE"};
  const auto set = [](auto& value, const auto& given) {
    if (given && *given > 0) value = given;  // zero means the image's
  };
  set(health.interval_ms, container->interval_ms);
  set(health.timeout_ms, container->timeout_ms);
  set(health.start_period_ms, container->start_period_ms);
  set(health.start_interval_ms, container->start_interval_ms);
  set(health.retries, container->retries);
  image = health;
}

}  // namespace

std::vector<std::string> merged_env(const std::vector<std::string>& image,
                                    const std::map<std::string, std::string>& container) {
  std::vector<std::string> env;
  for (const std::string& entry : image) {
    if (!container.contains(entry.substr(0, entry.find('=')))) env.push_back(entry);
  }
  for (const auto& [key, value] : container) env.push_back(key + '=' + value);
  return env;
}

ImageConfig effective_config(const ImageConfig& image, const ContainerConfig& container) {
  ImageConfig config = image;
  config.on_build.clear();
  config.shell.clear();
  config.env = merged_env(image.env, container.environment);
  if (container.entrypoint) {
    config.entrypoint = *container.entrypoint;
    // The image's command was meant for its own entrypoint.
    if (!container.entrypoint->empty()) config.cmd.clear();
  }
  if (container.command) config.cmd = *container.command;
  if (!container.user.empty()) config.user = container.user;
  if (!container.working_dir.empty()) config.working_dir = container.working_dir;
  if (!container.stop_signal.empty()) config.stop_signal = container.stop_signal;
  for (const auto& [key, value] : container.labels) config.labels[key] = value;
  for (const MountConfig& mount : container.mounts) {
    if (mount.type == MountConfig::Type::kVolume && mount.source.empty()) config.volumes.insert(mount.target);
  }
  add_ports(config.exposed_ports, container);
  add_health(config.healthcheck, container.healthcheck);
  return config;
}

std::vector<std::string> names_on(const std::string& network, const std::vector<std::string>& aliases,
                                  const ContainerConfig& container, const std::string& id) {
  std::vector<std::string> names = aliases;
  const std::string hostname = network == kDefaultNetwork ? "" : container.hostname;
  for (const std::string& name : {container.name, id.substr(0, 12), hostname})
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  return names;
}

}  // namespace engine
