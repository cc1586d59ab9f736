#include <linux/netlink.h>
#include <sched.h>

#include "netmgr/driver.h"
#include "netmgr/link.h"
#include "netmgr/namespace_scope.h"
#include "sys/error.h"

namespace netmgr {

sys::Fd new_namespace() {
  const sys::Fd here = current_namespace();
  // Going back is this object's work; unshare(2) moves only the calling thread.
  const NamespaceScope back(here);
  sys::check(::unshare(CLONE_NEWNET), "unshare", "network namespace");
  sys::Fd made = current_namespace();
  NetlinkSocket route(NETLINK_ROUTE);
  set_up(route, "lo");
  return made;
}

}  // namespace netmgr
