// deploy, and the limits that can stand both there and at the service.
#include <cmath>

#include "parser/reader.h"
#include "parser/units.h"

namespace parser {

namespace {

constexpr struct {
  std::string_view kind, at_service;
} kLimits[] = {{"cpus", "cpus"}, {"memory", "mem_limit"}, {"pids", "pids_limit"}};

}  // namespace

void read_limit(Reader& reader, const Node& node, const Path& path, const std::string& kind,
                std::map<std::string, Limit>& limits) {
  Limit limit;
  limit.mark = node.mark();
  if (kind == "cpus")
    limit.value = reader.number(node, path);
  else if (kind == "memory")
    limit.value = static_cast<double>(reader.bytes(node, path));
  else
    limit.value = static_cast<double>(std::max<int64_t>(0, reader.integer(node, path, -1, INT32_MAX)));
  limits[kind] = limit;
}

void read_deploy(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  if (const Node* mode = node.find("mode"); mode != nullptr && mode->text != "replicated") {
    const bool known = mode->text == "global" || mode->text == "replicated-job" || mode->text == "global-job";
    reader.report().error(
        mode->mark(), path.key("mode").to_string(),
        known ? "mode '" + mode->text + "' is not supported yet" : "unknown mode '" + mode->text + "'",
        known ? "" : did_you_mean(mode->text, {"replicated", "global", "replicated-job", "global-job"}));
  }
  if (const Node* replicas = node.find("replicas")) {
    draft.deploy_replicas = static_cast<int>(reader.integer(*replicas, path.key("replicas"), 0, INT32_MAX));
    if (!draft.scale) draft.replicas_mark = replicas->mark();
  }
  const Node* resources = node.find("resources");
  const Node* limits = resources == nullptr ? nullptr : resources->find("limits");
  if (limits == nullptr) return;
  const Path place = path.key("resources").key("limits");
  for (const auto& limit : kLimits)
    if (const Node* value = limits->find(limit.kind))
      read_limit(reader, *value, place.key(limit.kind), std::string(limit.kind), draft.deploy_limits);
}

void settle_deploy(Reader& reader, const Path& path, ServiceDraft& draft) {
  if (draft.scale && draft.deploy_replicas && *draft.scale != *draft.deploy_replicas)
    reader.report().error(draft.replicas_mark, path.to_string(),
                          "'scale' says " + std::to_string(*draft.scale) + ", 'deploy.replicas' " +
                              std::to_string(*draft.deploy_replicas));
  draft.service.replicas = draft.scale ? *draft.scale : draft.deploy_replicas.value_or(1);

  for (const auto& limit : kLimits) {
    const std::string kind(limit.kind);
    const auto own = draft.limits.find(kind);
    const auto deploy = draft.deploy_limits.find(kind);
    if (own != draft.limits.end() && deploy != draft.deploy_limits.end() &&
        own->second.value != deploy->second.value)
      reader.report().error(
          own->second.mark, path.to_string(),
          "'" + std::string(limit.at_service) + "' and 'deploy.resources.limits." + kind + "' differ",
          "give only one of them");
    double value = 0;
    if (deploy != draft.deploy_limits.end()) value = deploy->second.value;
    if (own != draft.limits.end()) value = own->second.value;
    if (kind == "cpus") draft.service.cpus = value;
    if (kind == "memory") draft.service.mem_limit = std::llround(value);
    if (kind == "pids") draft.service.pids_limit = std::llround(value);
  }
}

}  // namespace parser
