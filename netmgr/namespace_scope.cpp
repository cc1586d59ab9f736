#include "netmgr/namespace_scope.h"

#include <fcntl.h>
#include <sched.h>

#include <exception>

#include "sys/error.h"
#include "sys/file.h"

namespace netmgr {

sys::Fd current_namespace() {
  return sys::open("/proc/thread-self/ns/net", O_RDONLY);
}

NamespaceScope::NamespaceScope(const sys::Fd& netns) : before_(current_namespace()) {
  sys::check(::setns(netns.get(), CLONE_NEWNET), "setns", "network namespace");
}

NamespaceScope::~NamespaceScope() {
  if (::setns(before_.get(), CLONE_NEWNET) != 0) std::terminate();
}

void hasten_end(const sys::Fd& netns) noexcept {
  try {
    const NamespaceScope inside(netns);
    sys::write_knob("/proc/sys/net/ipv4/tcp_orphan_retries", "1");
  } catch (const sys::Error&) {  // NOLINT(bugprone-empty-catch): it ends later then
  }
}

}  // namespace netmgr
