#include "parser/output_tree.h"

namespace parser {

namespace {

void put_duration(Json& map, const char* key, const std::optional<Duration>& value) {
  if (value && value->count() != 0) put(map, key, value);
}

Json update_tree(const UpdateConfig& update) {
  Json map = Json::object();
  if (update.parallelism) map["parallelism"] = *update.parallelism;
  put_duration(map, "delay", update.delay);
  put(map, "failure_action", update.failure_action);
  put_duration(map, "monitor", update.monitor);
  if (update.max_failure_ratio != 0) map["max_failure_ratio"] = update.max_failure_ratio;
  put(map, "order", update.order);
  put_extensions(map, update.extensions);
  return map;
}

Json amounts_tree(const Resources& resources) {
  Json map = Json::object();
  if (resources.cpus != 0) map["cpus"] = resources.cpus;
  put_size(map, "memory", resources.memory);
  put_number(map, "pids", resources.pids);
  put_device_requests(map, "devices", resources.devices);
  for (const GenericResource& resource : resources.generic_resources) {
    Json item = Json::object();
    Json& spec = item["discrete_resource_spec"];
    spec = Json::object();
    put(spec, "kind", resource.kind);
    put_number(spec, "value", resource.value);
    put_extensions(spec, resource.spec_extensions);
    put_extensions(item, resource.extensions);
    map["generic_resources"].push_back(std::move(item));
  }
  put_extensions(map, resources.extensions);
  return map;
}

Json restart_tree(const DeployRestart& restart) {
  Json map = Json::object();
  put(map, "condition", restart.condition);
  put(map, "delay", restart.delay);
  if (restart.max_attempts) map["max_attempts"] = *restart.max_attempts;
  put(map, "window", restart.window);
  put_extensions(map, restart.extensions);
  return map;
}

Json placement_tree(const Placement& placement) {
  Json map = Json::object();
  put(map, "constraints", placement.constraints);
  for (const Placement::Preference& preference : placement.preferences) {
    Json item = Json::object();
    put(item, "spread", preference.spread);
    put_extensions(item, preference.extensions);
    map["preferences"].push_back(std::move(item));
  }
  put_number(map, "max_replicas_per_node", static_cast<int64_t>(placement.max_replicas_per_node));
  put_extensions(map, placement.extensions);
  return map;
}

}  // namespace

Json deploy_tree(const Deploy& deploy, bool json) {
  Json map = Json::object();
  put(map, "mode", deploy.mode);
  if (deploy.replicas) map["replicas"] = *deploy.replicas;
  put(map, "labels", deploy.labels);
  if (deploy.update_config) map["update_config"] = update_tree(*deploy.update_config);
  if (deploy.rollback_config) map["rollback_config"] = update_tree(*deploy.rollback_config);
  Json resources = Json::object();
  if (deploy.limits) resources["limits"] = amounts_tree(*deploy.limits);
  if (deploy.reservations) resources["reservations"] = amounts_tree(*deploy.reservations);
  put_extensions(resources, deploy.resources_extensions);
  if (json || !resources.empty()) map["resources"] = std::move(resources);
  if (deploy.restart_policy) map["restart_policy"] = restart_tree(*deploy.restart_policy);
  Json placement = placement_tree(deploy.placement.value_or(Placement()));
  if (json || !placement.empty()) map["placement"] = std::move(placement);
  put(map, "endpoint_mode", deploy.endpoint_mode);
  put_extensions(map, deploy.extensions);
  return map;
}

}  // namespace parser
