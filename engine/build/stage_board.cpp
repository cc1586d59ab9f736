#include "engine/build/stage_board.h"

#include "engine/error.h"

namespace engine::build {

void StageBoard::put(size_t stage, StageState state) {
  const std::lock_guard<std::mutex> lock(mutex_);
  done_[stage] = std::move(state);
  changed_.notify_all();
}

const StageState& StageBoard::at(size_t stage) const {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return given_up_ || done_.contains(stage); });
  const auto found = done_.find(stage);
  if (found == done_.end()) throw Error(Error::Kind::kUnavailable, "the build was given up");
  return found->second;
}

void StageBoard::give_up() {
  const std::lock_guard<std::mutex> lock(mutex_);
  given_up_ = true;
  changed_.notify_all();
}

}  // namespace engine::build
