#include "parser/section.h"
#include "parser/units.h"

namespace parser {

namespace {

constexpr int64_t kMost = INT32_MAX;

UpdateConfig read_update(const Section& section, std::initializer_list<std::string_view> failure_actions) {
  UpdateConfig update;
  section.integer("parallelism", update.parallelism, 0, kMost);
  section.duration("delay", update.delay);
  section.choice("failure_action", "failure action", update.failure_action, failure_actions);
  section.duration("monitor", update.monitor);
  section.number("max_failure_ratio", update.max_failure_ratio);
  if (update.max_failure_ratio > 1)
    section.error_at("max_failure_ratio", "must be a share between 0 and 1", "0.1 is one in ten");
  section.choice("order", "order", update.order, {"start-first", "stop-first"});
  update.extensions = section.extensions();
  return update;
}

// What limits and reservations share.
Resources read_amounts(const Section& section) {
  Resources resources;
  section.number("cpus", resources.cpus);
  section.bytes("memory", resources.memory);
  resources.extensions = section.extensions();
  return resources;
}

GenericResource read_generic_resource(const Section& section) {
  GenericResource resource;
  section.require("discrete_resource_spec", "without 'discrete_resource_spec'",
                  "write {discrete_resource_spec: {kind: SSD, value: 2}}");
  section.sub("discrete_resource_spec", [&](const Section& spec) {
    spec.require("kind", "without 'kind'");
    spec.text("kind", resource.kind);
    spec.integer("value", resource.value, 0, INT64_MAX);
    resource.spec_extensions = spec.extensions();
  });
  resource.extensions = section.extensions();
  return resource;
}

void read_resources(const Section& section, Deploy& deploy) {
  section.sub("limits", [&](const Section& limits) {
    deploy.limits = read_amounts(limits);
    limits.integer("pids", deploy.limits->pids, -1, kMost);
  });
  section.sub("reservations", [&](const Section& reservations) {
    deploy.reservations = read_amounts(reservations);
    reservations.each("devices", [&](const Section& item) {
      deploy.reservations->devices.push_back(read_device_request(item));
      item.require("capabilities", "without 'capabilities'", "for a GPU: capabilities: [gpu]");
    });
    reservations.each("generic_resources", [&](const Section& item) {
      deploy.reservations->generic_resources.push_back(read_generic_resource(item));
    });
    if (!deploy.limits) return;
    if (deploy.limits->cpus != 0 && deploy.reservations->cpus > deploy.limits->cpus)
      reservations.error_at("cpus", "more is reserved than 'limits.cpus' allows");
    if (deploy.limits->memory != 0 && deploy.reservations->memory > deploy.limits->memory)
      reservations.error_at("memory", "more is reserved than 'limits.memory' allows");
  });
  deploy.resources_extensions = section.extensions();
}

DeployRestart read_restart_policy(const Section& section) {
  DeployRestart restart;
  section.choice("condition", "condition", restart.condition, {"none", "on-failure", "any"});
  section.duration("delay", restart.delay);
  section.integer("max_attempts", restart.max_attempts, 0, kMost);
  section.duration("window", restart.window);
  restart.extensions = section.extensions();
  return restart;
}

Placement read_placement(const Section& section) {
  Placement placement;
  section.strings("constraints", placement.constraints);
  for (size_t i = 0; i < placement.constraints.size(); ++i) {
    const std::string& text = placement.constraints[i];
    if (text.find("==") != std::string::npos || text.find("!=") != std::string::npos) continue;
    section.reader().report().error(
        section.find("constraints")->items[i].mark(), section.place("constraints").index(i).to_string(),
        "constraint '" + text + "' compares nothing", "write it with == or !=: node.labels.disk==ssd");
  }
  section.each("preferences", [&](const Section& item) {
    Placement::Preference preference;
    item.text("spread", preference.spread);
    preference.extensions = item.extensions();
    placement.preferences.push_back(std::move(preference));
  });
  section.integer("max_replicas_per_node", placement.max_replicas_per_node, 0, kMost);
  placement.extensions = section.extensions();
  return placement;
}

}  // namespace

void read_deploy(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  const Section section(reader, node, path);
  Deploy deploy;
  section.choice("mode", "mode", deploy.mode, {"replicated", "global", "replicated-job", "global-job"});
  section.integer("replicas", deploy.replicas, 0, kMost);
  if (const Node* replicas = section.find("replicas"); replicas != nullptr && !draft.service.scale)
    draft.replicas_mark = replicas->mark();
  section.map("labels", deploy.labels);
  section.sub("update_config", [&](const Section& update) {
    deploy.update_config = read_update(update, {"continue", "rollback", "pause"});
  });
  section.sub("rollback_config", [&](const Section& rollback) {
    deploy.rollback_config = read_update(rollback, {"continue", "pause"});
  });
  section.sub("resources", [&](const Section& resources) { read_resources(resources, deploy); });
  section.sub("restart_policy",
              [&](const Section& policy) { deploy.restart_policy = read_restart_policy(policy); });
  section.sub("placement", [&](const Section& placement) { deploy.placement = read_placement(placement); });
  section.choice("endpoint_mode", "endpoint mode", deploy.endpoint_mode, {"vip", "dnsrr"});
  deploy.extensions = section.extensions();
  draft.service.deploy = std::move(deploy);
}

}  // namespace parser
