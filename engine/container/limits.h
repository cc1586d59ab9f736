#pragma once
// Other limits for groups that are there (cgroup.h).
#include <string>

#include "engine/container/cgroup.h"

namespace engine {

// Sets what of `resources` is not 0 or empty. Throws as Cgroup::create does.
void set_limits(const Cgroup& cgroup, const Resources& resources);

namespace cgroup_v1 {
// What of `apply` is no set-up of a new group.
void apply_limits(const CgroupHierarchy& hierarchy, const std::string& path, Resources& rest);
}  // namespace cgroup_v1

}  // namespace engine
