#include "engine/early_start.h"

#include <system_error>

#include "engine/container/cgroup.h"
#include "netmgr/driver.h"

namespace engine {

EarlyStart::EarlyStart() : monitors(kMonitorsCgroup) {}

std::shared_ptr<EarlyStart> begin_early(Soon what) noexcept {
  auto early = std::make_shared<EarlyStart>();
  early->alone = what == Soon::kStart;
  early->monitors.warm_up(early->alone ? MonitorServer::Use::kOne : MonitorServer::Use::kExec);
  if (!early->alone) return early;
  try {
    early->netns = std::async(std::launch::async, netmgr::new_namespace);
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): made when it is wanted, then
  }
  return early;
}

}  // namespace engine
