#include "netmgr/namespace_scope.h"

#include <fcntl.h>
#include <sched.h>

#include <exception>

#include "sys/error.h"

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

}  // namespace netmgr
