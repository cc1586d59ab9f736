#pragma once
// Halting all that runs in a container's control group, and letting it go on. Source: the kernel's
// Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst and cgroup-v2.rst, "cgroup.freeze". A halted
// process of v1 dies of SIGKILL only once it is thawed; one of v2 at once.
#include <string>

#include "engine/container/cgroup.h"

namespace engine {

class Freezer {
 public:
  // By the controller freezer of v1 where a process of the group is subject to it, else by v2. Throws
  // engine::Error(kUnavailable) when the host has neither.
  explicit Freezer(const Cgroup& cgroup);
  static bool is_on_this_host(const Cgroup& cgroup);  // false: the constructor would throw

  bool is_frozen() const;  // false when the group is gone
  // Returns when everything inside stands still; no-op when it does. Throws engine::Error(kUnavailable) when
  // that takes longer than ten seconds (it is thawed again then), sys::Error (ENOENT: the group is gone).
  void freeze() const;
  // No-op when the group is gone. Throws sys::Error.
  void thaw() const;

 private:
  static const CgroupHierarchy* find(const Cgroup& cgroup);
  void ask(bool frozen) const;
  bool stands_still() const;

  std::string folder_;
  bool v2_ = false;
};

}  // namespace engine
