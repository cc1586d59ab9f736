#pragma once
// A container that is paused for as long as an object lives. Should this process be killed meanwhile, the
// container's monitor lets it go on. A file in the run root tells of it too, so that the next command does it
// where the monitor is dead as well.
#include <string>
#include <vector>

#include "engine/container/freezer.h"
#include "sys/fd.h"

namespace engine {

class FreezeMark {
 public:
  // Pauses everything in the control group `cgroup` of the container `id`, which the caller has locked.
  // Nothing happens when it is paused already, or has no group any more. Throws as Freezer.
  FreezeMark(const std::string& run_root, const std::string& id, const std::string& cgroup);
  ~FreezeMark();  // lets it go on
  // It stays paused when this object goes: its monitor has recorded that it is to.
  void keep() noexcept;
  FreezeMark(const FreezeMark&) = delete;
  FreezeMark& operator=(const FreezeMark&) = delete;

 private:
  Freezer freezer_;
  std::string file_;
  sys::Fd keeper_;  // the monitor, which is told by its end that we died
};

// Files of dead processes: the container's id, its control group and the file's path.
struct AbandonedFreeze {
  std::string id, cgroup, file;
};
std::vector<AbandonedFreeze> abandoned_freezes(const std::string& run_root);
// Lets the container go on and removes the file. The caller has locked the container.
void end_freeze(const AbandonedFreeze& freeze);

}  // namespace engine
