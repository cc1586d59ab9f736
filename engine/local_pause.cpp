// Halting a container and letting it go on. Its monitor, which the freezer does not reach, knows of both.
#include "engine/freeze_mark.h"
#include "engine/local_engine.h"

namespace engine {

void LocalEngine::pause_container(const std::string& id) {
  adopt(need_container(id).id);
  const sys::FileLock lock = lock_container(need_container(id).id);
  const ContainerRecord record = need_container(id);
  const auto refuse = [&](const std::string& why) {
    throw Error(Error::Kind::kConflict, "container " + record.config.name + " cannot be paused: " + why);
  };
  const State state = status_of(record.id).state;
  if (state == State::kPaused) refuse("it is paused already");
  if (state != State::kRunning) refuse("it is not running");
  try {
    FreezeMark frozen(paths_.run_root, record.id, cgroup_path(record));
    record_pause(paths_.run_container(record.id));
    frozen.keep();
  } catch (const Error& error) {
    throw Error(error.kind(), "container " + record.config.name + " cannot be paused: " + error.what());
  }
}

void LocalEngine::unpause_container(const std::string& id) {
  adopt(need_container(id).id);
  const sys::FileLock lock = lock_container(need_container(id).id);
  const ContainerRecord record = need_container(id);
  if (status_of(record.id).state != State::kPaused)
    throw Error(Error::Kind::kConflict, "container " + record.config.name + " is not paused");
  resume_container(paths_.run_container(record.id));
}

}  // namespace engine
