// What can stand both at the service and under `deploy`: one value holds, and contradictions are errors.
#include <algorithm>

#include "parser/reader.h"

namespace parser {

namespace {

struct Pair {
  const char* at_service;
  const char* at_deploy;  // below deploy.resources
};

// 0: not given.
template <typename Number>
Number settle(Reader& reader, const Path& path, const ServiceDraft& draft, const Pair& names, Number own,
              Number deploy) {
  const auto mark = draft.marks.find(names.at_service);
  if (own != 0 && deploy != 0 && own != deploy && mark != draft.marks.end())
    reader.report().error(
        mark->second, path.to_string(),
        "'" + std::string(names.at_service) + "' and 'deploy.resources." + names.at_deploy + "' differ",
        "give only one of them");
  return std::max<Number>(0, own != 0 ? own : deploy);
}

void settle_replicas(Reader& reader, const Path& path, ServiceDraft& draft) {
  Service& service = draft.service;
  service.replicas = service.scale.value_or(1);
  if (!service.deploy) return;
  std::optional<int>& replicas = service.deploy->replicas;
  if (service.scale && replicas && *service.scale != *replicas)
    reader.report().error(draft.replicas_mark, path.to_string(),
                          "'scale' says " + std::to_string(*service.scale) + ", 'deploy.replicas' " +
                              std::to_string(*replicas));
  if (service.scale) replicas = service.scale;
  service.replicas = replicas.value_or(1);
}

void settle_limits(Reader& reader, const Path& path, ServiceDraft& draft) {
  Service& service = draft.service;
  static const Resources none;
  const Resources& limits = service.deploy && service.deploy->limits ? *service.deploy->limits : none;
  const Resources& reservations =
      service.deploy && service.deploy->reservations ? *service.deploy->reservations : none;
  service.limits.cpus = settle(reader, path, draft, {"cpus", "limits.cpus"}, service.cpus, limits.cpus);
  service.limits.memory =
      settle(reader, path, draft, {"mem_limit", "limits.memory"}, service.mem_limit, limits.memory);
  service.limits.pids =
      settle(reader, path, draft, {"pids_limit", "limits.pids"}, service.pids_limit, limits.pids);
  service.limits.memory_reservation = settle(reader, path, draft, {"mem_reservation", "reservations.memory"},
                                             service.mem_reservation, reservations.memory);
  const auto mark = draft.marks.find("mem_reservation");
  if (mark != draft.marks.end() && service.limits.memory != 0 &&
      service.limits.memory_reservation > service.limits.memory)
    reader.report().error(mark->second, path.to_string(),
                          "'mem_reservation' is above the memory limit of the service");
}

Restart restart_of(const DeployRestart& policy) {
  Restart restart;
  if (policy.condition == "on-failure") {
    restart.policy = Restart::Policy::kOnFailure;
  } else if (policy.condition != "none") {
    restart.policy = Restart::Policy::kAlways;
  }
  if (restart.policy != Restart::Policy::kNo)
    restart.max_retries = static_cast<int>(policy.max_attempts.value_or(0));
  return restart;
}

// Compose Deploy Specification: `restart` is looked at when there is no restart_policy.
void settle_restart(Reader& reader, const Path& path, ServiceDraft& draft) {
  Service& service = draft.service;
  if (!service.deploy || !service.deploy->restart_policy) return;
  const Restart restart = restart_of(*service.deploy->restart_policy);
  if (service.restart.given && service.restart.policy == restart.policy &&
      service.restart.max_retries == restart.max_retries)
    return;
  if (service.restart.given)
    reader.report().warning(draft.marks.at("restart"), path.to_string(),
                            "'restart' is overruled by 'deploy.restart_policy'", "give only one of them");
  service.restart = restart;
}

}  // namespace

void settle_deploy(Reader& reader, const Path& path, ServiceDraft& draft) {
  settle_replicas(reader, path, draft);
  settle_limits(reader, path, draft);
  settle_restart(reader, path, draft);
}

}  // namespace parser
