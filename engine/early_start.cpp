#include "engine/early_start.h"

#include "engine/container/cgroup.h"

namespace engine {

namespace {

MonitorServer::Use use_for(Soon what) {
  if (what == Soon::kExec) return MonitorServer::Use::kExec;
  return what == Soon::kStart ? MonitorServer::Use::kOne : MonitorServer::Use::kOneWithNames;
}

}  // namespace

EarlyStart::EarlyStart() : monitors(kMonitorsCgroup) {}

std::shared_ptr<EarlyStart> begin_early(Soon what) noexcept {
  auto early = std::make_shared<EarlyStart>();
  early->monitors.warm_up(use_for(what));
  return early;
}

}  // namespace engine
