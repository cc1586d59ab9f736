// Limits and restart policy of a container that exists.
#include "engine/bundled_image.h"
#include "engine/container/limits.h"
#include "engine/container/restart_policy.h"
#include "engine/container/run_files.h"
#include "engine/container/runtime.h"
#include "engine/effective_config.h"
#include "engine/local_engine.h"
#include "sys/file.h"

namespace engine {

namespace {

void exchange_limits(const Cgroup& cgroup, const Resources& before, const Resources& after) {
  try {
    set_limits(cgroup, after);
  } catch (const std::exception&) {
    try {
      set_limits(cgroup, before);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the first failure tells more
    }
    throw;
  }
}

}  // namespace

void LocalEngine::update(const std::string& id, const std::function<void(ContainerLimits&)>& change) {
  adopt(need_container(id).id);  // a restart policy is its monitor's
  const sys::FileLock lock = lock_container(need_container(id).id);
  ContainerRecord record = need_container(id);
  ContainerLimits limits{record.config.resources, record.config.restart, record.config.restart_max};
  change(limits);
  const RestartPolicy checked({limits.restart, limits.restart_max});
  if (record.config.auto_remove && limits.restart != "no")
    throw Error(Error::Kind::kConflict,
                "container " + record.config.name +
                    " goes when it has ended (--rm): it cannot have a restart policy");
  if (goes_on(status_of(record.id)))
    exchange_limits(Cgroup(cgroup_path(record)), record.config.resources, limits.resources);
  record.config.resources = limits.resources;
  record.config.restart = limits.restart;
  record.config.restart_max = limits.restart_max;
  db_.write([&] { update_config(db_, record); });
  change_spec(record, [&](Spec& spec) {
    spec.resources = limits.resources;
    spec.restart = limits.restart;
    spec.restart_max = limits.restart_max;
    return true;
  });
  note_container(record, "update");
}

void LocalEngine::reconfigure(const std::string& id, const std::map<std::string, std::string>& environment,
                              const std::map<std::string, std::string>& labels) {
  adopt(need_container(id).id);
  const sys::FileLock lock = lock_container(need_container(id).id);
  ContainerRecord record = need_container(id);
  const StoredImage image = need_image(record.image_id);
  if (!image.config.labels.contains(kLoadBalancerLabel))
    throw Error(Error::Kind::kConflict,
                "container " + record.config.name +
                    " is no load balancer: its environment stays what it started with");
  record.config.environment = environment;
  record.config.labels = labels;
  db_.write([&] { update_config(db_, record); });
  change_spec(record, [&](Spec& spec) {
    spec.env = merged_env(image.config.env, environment);
    spec.event_attrs = event_attrs_of(record);
    return true;
  });
  note_container(record, "update");
}

ContainerLife& container_life(Engine& engine) {
  auto* life = dynamic_cast<ContainerLife*>(&engine);
  if (life == nullptr)
    throw Error(Error::Kind::kUnavailable, "this engine has no commands for single containers");
  return *life;
}

}  // namespace engine
