#include "engine/early_start.h"

#include "engine/container/cgroup.h"

namespace engine {

EarlyStart::EarlyStart() : monitors(kMonitorsCgroup) {}

std::shared_ptr<EarlyStart> begin_early(Soon what) noexcept {
  auto early = std::make_shared<EarlyStart>();
  early->monitors.warm_up(what == Soon::kStart ? MonitorServer::Use::kOne : MonitorServer::Use::kExec);
  return early;
}

}  // namespace engine
