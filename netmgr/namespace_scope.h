#pragma once
// The calling thread inside another network namespace for the life of the object (man 2 setns). Other threads
// of the program are not moved. Sockets opened meanwhile stay in that namespace for good.
#include "sys/fd.h"

namespace netmgr {

class NamespaceScope {
 public:
  // Throws sys::Error.
  explicit NamespaceScope(const sys::Fd& netns);
  // Goes back; ends the program when that fails, because a thread in the wrong namespace would do harm.
  ~NamespaceScope();
  NamespaceScope(const NamespaceScope&) = delete;
  NamespaceScope& operator=(const NamespaceScope&) = delete;

 private:
  sys::Fd before_;
};

// For a namespace whose last program has ended: what TCP still wants to say for it, to somebody who may have
// gone as well, is tried once more and no longer (tcp(7), tcp_orphan_retries). Such sockets keep the
// namespace, and its links, for minutes otherwise. What cannot be done is left.
void hasten_end(const sys::Fd& netns) noexcept;

// A new network namespace with loopback up, held only by the returned descriptor. Any program in it may bind
// the ports below 1024 and open ping sockets. Throws sys::Error.
sys::Fd new_namespace();

// The calling thread's own network namespace. Throws sys::Error.
sys::Fd current_namespace();

}  // namespace netmgr
