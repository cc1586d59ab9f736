// deploy, and the limits that can stand both there and at the service.
#include <cmath>

#include "parser/reader.h"
#include "parser/units.h"

namespace parser {

namespace {

std::string shown_mode_hint(const std::string& mode) {
  return did_you_mean(mode, {"replicated", "global", "replicated-job", "global-job"});
}

void read_limits(Reader& reader, const Node& node, const Path& path, Resources& limits) {
  if (const Node* cpus = node.find("cpus")) limits.cpus = reader.number(*cpus, path.key("cpus"));
  if (const Node* memory = node.find("memory")) limits.memory = reader.bytes(*memory, path.key("memory"));
  if (const Node* pids = node.find("pids"))
    limits.pids = reader.integer(*pids, path.key("pids"), -1, INT32_MAX);
}

// One of cpus, memory and pids: as the service says it and as deploy says it; 0: not given.
template <typename Number>
Number settle(Reader& reader, const Path& path, const ServiceDraft& draft, const char* at_service,
              const char* at_deploy, Number own, Number deploy) {
  const auto mark = draft.marks.find(at_service);
  if (own != 0 && deploy != 0 && own != deploy && mark != draft.marks.end())
    reader.report().error(
        mark->second, path.to_string(),
        "'" + std::string(at_service) + "' and 'deploy.resources.limits." + at_deploy + "' differ",
        "give only one of them");
  return std::max<Number>(0, own != 0 ? own : deploy);
}

}  // namespace

void read_deploy(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  Deploy deploy;
  if (const Node* mode = node.find("mode"); mode != nullptr && mode->text != "replicated") {
    const bool known = mode->text == "global" || mode->text == "replicated-job" || mode->text == "global-job";
    reader.report().error(
        mode->mark(), path.key("mode").to_string(),
        known ? "mode '" + mode->text + "' is not supported yet" : "unknown mode '" + mode->text + "'",
        known ? "" : shown_mode_hint(mode->text));
  }
  if (const Node* replicas = node.find("replicas")) {
    deploy.replicas = static_cast<int>(reader.integer(*replicas, path.key("replicas"), 0, INT32_MAX));
    if (!draft.service.scale) draft.replicas_mark = replicas->mark();
  }
  const Node* resources = node.find("resources");
  if (const Node* limits = resources == nullptr ? nullptr : resources->find("limits"))
    read_limits(reader, *limits, path.key("resources").key("limits"), deploy.limits.emplace());
  draft.service.deploy = std::move(deploy);
}

void settle_deploy(Reader& reader, const Path& path, ServiceDraft& draft) {
  Service& service = draft.service;
  const Deploy deploy = service.deploy.value_or(Deploy());
  if (service.scale && deploy.replicas && *service.scale != *deploy.replicas)
    reader.report().error(draft.replicas_mark, path.to_string(),
                          "'scale' says " + std::to_string(*service.scale) + ", 'deploy.replicas' " +
                              std::to_string(*deploy.replicas));
  service.replicas = service.scale ? *service.scale : deploy.replicas.value_or(1);

  const Resources limits = deploy.limits.value_or(Resources());
  service.limits.cpus = settle(reader, path, draft, "cpus", "cpus", service.cpus, limits.cpus);
  service.limits.memory =
      settle(reader, path, draft, "mem_limit", "memory", service.mem_limit, limits.memory);
  service.limits.pids = settle(reader, path, draft, "pids_limit", "pids", service.pids_limit, limits.pids);
}

}  // namespace parser
