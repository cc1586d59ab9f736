#include "compose/watch/replica_sync.h"

#include "compose/plan/inventory.h"
#include "compose/watch/round.h"
#include "engine/life.h"

namespace compose::watch {

// A container that is between two restarts cannot be reached: it gets everything when it starts.
std::vector<std::string> ReplicaSync::bring_to(const engine::ContainerInfo& container, const Paths& paths) {
  if (paths.empty()) return {};
  try {
    return engine::container_life(engine_).sync(container.id, {sync_paths(paths), cancelled_}).failed;
  } catch (const engine::Error& error) {
    const auto now = engine_.find_container(container.id);
    if (!now) return {};  // removed meanwhile
    const std::scoped_lock lock(mutex_);
    known_.erase(container.id);
    if (now->status.state == engine::State::kRestarting) return {};
    return {error.what()};
  }
}

std::vector<std::string> ReplicaSync::bring(const std::string& service, const Paths& paths, bool remembered) {
  if (remembered) {
    const std::scoped_lock lock(mutex_);
    for (const auto& [inside, local] : paths) brought_[service][inside] = {local, ++number_};
  }
  std::vector<std::string> failed;
  for (const engine::ContainerInfo& container : engine_.containers(project_)) {
    if (is_one_off(container) || service_of(container) != service) continue;
    for (std::string& message : bring_to(container, paths)) failed.push_back(std::move(message));
  }
  return failed;
}

ReplicaSync::Arrival ReplicaSync::arrived(const std::string& id, const std::string& service,
                                          const Paths& always) {
  Arrival arrival;
  {
    const std::scoped_lock lock(mutex_);
    if (!known_.insert(id).second) return arrival;
    for (const auto& [inside, brought] : brought_[service]) arrival.brought[inside] = brought.local;
  }
  Paths paths = always;
  for (const auto& [inside, local] : arrival.brought) paths[inside] = local;
  const auto container = engine_.find_container(id);
  if (!container || is_one_off(*container)) return {};
  arrival.failed = bring_to(*container, paths);
  const auto now = engine_.find_container(id);
  arrival.before_start = now && now->status.state == engine::State::kCreated;
  return arrival;
}

void ReplicaSync::note_present() {
  std::set<std::string> ids;
  for (const engine::ContainerInfo& container : engine_.containers(project_)) ids.insert(container.id);
  const std::scoped_lock lock(mutex_);
  known_.insert(ids.begin(), ids.end());
}

uint64_t ReplicaSync::mark() const {
  const std::scoped_lock lock(mutex_);
  return number_;
}

void ReplicaSync::forget(const std::string& service, uint64_t mark,
                         const std::function<bool(const std::string&)>& held) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(brought_[service],
                [&](const auto& entry) { return entry.second.number <= mark && held(entry.second.local); });
}

}  // namespace compose::watch
