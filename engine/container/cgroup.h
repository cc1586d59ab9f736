#pragma once
// The control groups of one container, on hosts with cgroup v1, v2 or both (man 7 cgroups). One group of the
// same path is made below every hierarchy found in /proc/self/mountinfo; nothing outside of it is touched but
// the controllers' switches on the way down to it (v2 cgroup.subtree_control, v1 cpuset's inherited masks).
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/container/device_rules.h"
#include "engine/container/resources.h"
#include "sys/fd.h"

namespace engine {

struct CgroupHierarchy {
  std::string mount_point;
  bool v2 = false;
  std::vector<std::string> controllers;  // v1: as mounted ("cpu", "name=systemd"); v2: empty
};

class Cgroup {
 public:
  // `path`: "/compose/<id>". Finds the hierarchies; makes nothing. Throws sys::Error.
  explicit Cgroup(std::string path);
  // On these hierarchies only.
  Cgroup(std::string path, std::vector<CgroupHierarchy> hierarchies);

  // Makes the groups (a leftover is cleared and reused) and sets limits and device rules. Throws
  // engine::Error(kUnavailable) naming a limit the host cannot enforce, the device rules included, or refuses
  // to set; kInvalid for a device that is none; sys::Error.
  void create(const Resources& resources, const DeviceAccess& devices);
  // A process is put in by both of these: born into the v2 group by clone3's CLONE_INTO_CGROUP with this
  // folder (empty when the host has no v2), and moved into those of v1 by itself, as its only thread. Neither
  // waits for a grace period (10 ms and more), as a write to cgroup.procs does. Throw sys::Error.
  sys::Fd birth_folder() const;
  // For a further process where that one refuses (EBUSY: v2 allows no processes in a group that hands
  // controllers on to its sub-groups): the v2 group `pid` is in, which is the container's or below it. Empty
  // when it is not.
  sys::Fd birth_folder_beside(pid_t pid) const;
  void join_v1() const;
  // The same folder of a group that is made for it, without limits or rules; empty where that fails.
  sys::Fd made_birth_folder() const noexcept;
  // Makes the group without limits or rules and moves the calling process in, in every hierarchy that lets
  // us; in the others it stays where it is. Of one thread, as join_v1.
  void enter() const noexcept;
  // fork(2) with the child in the group as `enter` has it, without the wait that moving into a group of v2
  // is. Throws sys::Error.
  pid_t fork_inside() const;
  // As `enter`, for who was to be born into the group of v2.
  void enter_born() const noexcept;
  // Processes of this group the kernel killed for want of memory since it was made.
  uint64_t oom_kills() const;
  // All that are inside, sub-groups included, in order.
  std::vector<pid_t> processes() const;
  // Sends SIGKILL to all that is inside, sub-groups included, and lets go on what is halted.
  void kill_all() const;
  // Kills what is inside and takes away the sub-groups the container made, so that the groups can be entered
  // like new ones; waits as `remove` does. What cannot be taken away stays.
  void clear() const;
  // Kills what is left and removes the groups with their sub-groups; what is missing is no error. Waits up to
  // 2 s in all for the kernel to let go of the dead. Every hierarchy is tried; throws sys::Error for the
  // first that kept its group.
  void remove() const;

  // True when this host has v2 only: the container then sees cgroup2 at /sys/fs/cgroup.
  bool unified() const;
  const std::vector<CgroupHierarchy>& hierarchies() const { return hierarchies_; }
  std::string folder(const CgroupHierarchy& hierarchy) const { return hierarchy.mount_point + path_; }

 private:
  void enter(const CgroupHierarchy& hierarchy) const noexcept;
  void enter(bool born) const noexcept;

  std::string path_;
  std::vector<CgroupHierarchy> hierarchies_;
};

// The engine's own group, and in it that of the monitors.
constexpr const char* kEngineCgroup = "/compose";
constexpr const char* kMonitorsCgroup = "/compose/monitors";
// Removes `path` ("/compose") from every hierarchy where it is empty.
void remove_empty_cgroup(const std::string& path);

// Folders of the groups below this one.
std::vector<std::string> sub_groups(const std::string& folder);
// What cgroup_v1.cpp and cgroup_v2.cpp give to Cgroup::create: the folder exists already.
namespace cgroup_v1 {
// Copies the parent's cpuset down from `mount_point` to `path`: without it no process may enter.
void inherit_cpuset(const std::string& mount_point, const std::string& path);
// Sets what this hierarchy's controllers are for and takes the done ones out of `rest`. `path`: the group's,
// below the mount point.
void apply(const CgroupHierarchy& hierarchy, const std::string& path, Resources& rest,
           const DeviceAccess& devices);
}  // namespace cgroup_v1
namespace cgroup_v2 {
// False on a hybrid host whose controllers all belong to v1.
bool has_controllers(const std::string& mount_point);
// Switches the controllers on from `mount_point` down to the parent of `path`, as far as the host lets us.
void enable_controllers(const std::string& mount_point, const std::string& path);
void apply(const std::string& folder, Resources& rest);
// Hands no controller on to sub-groups any more, as far as possible: the group can be entered again then.
void keep_controllers(const std::string& folder) noexcept;
// Attaches a BPF_PROG_TYPE_CGROUP_DEVICE program with the rules (v2 has no devices controller).
void restrict_devices(const std::string& folder, const std::vector<DeviceRule>& rules);
}  // namespace cgroup_v2

// Sets a limit that has a name users know; a value the kernel does not take is engine::Error(kUnavailable)
// with that name, the value and why. Returns false when there is no such knob.
bool set_limit(const std::string& folder, const std::string& knob, const std::string& value,
               const std::string& limit);
// "8:0" of a block device's path, as the block controllers want it. Throws engine::Error(kInvalid).
std::string block_device_number(const std::string& path);

}  // namespace engine
