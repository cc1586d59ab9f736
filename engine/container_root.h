#pragma once
// The files of a container as it sees them, through one descriptor: of a running one by its own mount
// namespace, of another by one that a process of ours mounts and that goes with this object. Nothing of the
// container's is ever run or loaded, and nobody changes his root to it (CVE-2019-14271): paths are looked up
// below `fd` with openat2(2), RESOLVE_IN_ROOT.
#include <memory>
#include <string>

#include "engine/container/monitor_process.h"
#include "engine/container/spec.h"
#include "engine/container/status.h"
#include "engine/step_folder.h"
#include "sys/fd.h"

namespace engine {

class ContainerRoot {
 public:
  // Of the container whose program `status` names. Its tree stays as it is as long as this object lives, even
  // should the container end. Throws engine::Error(kConflict) when it has ended already, sys::Error.
  ContainerRoot(const std::string& name, const Status& status);
  // Of a container that is down and locked: `view` has its layers and mounts. Throws engine::Error.
  ContainerRoot(const Paths& paths, Spec view);
  ~ContainerRoot();
  ContainerRoot(const ContainerRoot&) = delete;
  ContainerRoot& operator=(const ContainerRoot&) = delete;

  int fd() const { return root_.get(); }
  // The path in the container of what is behind a descriptor that was opened below the root; for messages.
  std::string path_of(int fd) const;

 private:
  std::unique_ptr<StepFolder> folder_;
  MonitorProcess viewer_;
  sys::Fd namespace_;  // keeps the mounts
  sys::Fd root_;
};

}  // namespace engine
