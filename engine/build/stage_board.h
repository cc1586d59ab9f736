#pragma once
// The stages of a build that are done, for those that need them.
#include <condition_variable>
#include <map>
#include <mutex>

#include "engine/build/stage_state.h"

namespace engine::build {

// Thread-safe. A stage that was put is never changed.
class StageBoard {
 public:
  void put(size_t stage, StageState state);
  // Waits until the stage is done. Throws engine::Error(kUnavailable) once the build has been given up.
  const StageState& at(size_t stage) const;
  // Nobody is to wait any more.
  void give_up();

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<size_t, StageState> done_;
  bool given_up_ = false;
};

}  // namespace engine::build
