#include "engine/container_root.h"

#include <fcntl.h>

#include <filesystem>

#include "engine/error.h"
#include "engine/image/beneath.h"
#include "sys/error.h"
#include "sys/process.h"

namespace engine {

namespace {

[[noreturn]] void refuse_ended(const std::string& name) {
  throw Error(Error::Kind::kConflict, "container " + name + " has just ended; try again");
}

}  // namespace

ContainerRoot::ContainerRoot(const std::string& name, const Status& status) {
  const sys::Fd process = sys::open_pidfd(status.process);
  if (!process) refuse_ended(name);
  const std::string folder = "/proc/" + std::to_string(status.process.pid);
  try {
    namespace_ = sys::open(folder + "/ns/mnt", O_RDONLY);
    root_ = sys::open(folder + "/root", O_PATH | O_DIRECTORY);
  } catch (const sys::Error&) {
    if (!sys::is_alive(status.process)) refuse_ended(name);
    throw;
  }
  // Only now it is sure that they are not of another process that has got the number.
  if (!sys::is_alive(status.process)) refuse_ended(name);
}

ContainerRoot::ContainerRoot(const Paths& paths, Spec view) : folder_(std::make_unique<StepFolder>(paths)) {
  view.run_dir = view.state_dir = folder_->path();
  MonitorSpawn spawn;
  spawn.arguments = {"view"};
  spawn.request = to_json(view);
  viewer_ = spawn_monitor(spawn);
  try {
    root_ = await_start(viewer_.report, "cannot look into container " + view.name).console;
    if (!root_) throw Error(Error::Kind::kInternal, "compose-monitor gave no root folder");
  } catch (...) {
    viewer_.report.reset();
    sys::wait_for(viewer_.process.pid());
    throw;
  }
}

ContainerRoot::~ContainerRoot() {
  if (viewer_.process.pid() <= 0) return;
  root_.reset();
  viewer_.report.reset();
  sys::wait_for(viewer_.process.pid());
}

std::string ContainerRoot::path_of(int fd) const {
  std::error_code error;
  const std::string root = std::filesystem::read_symlink(proc_path(root_.get()), error).string(),
                    path = std::filesystem::read_symlink(proc_path(fd), error).string();
  if (root == "/" || !path.starts_with(root)) return path;
  return path.size() == root.size() ? "/" : path.substr(root.size());
}

}  // namespace engine
