#pragma once
// Why a build ends early: its caller wishes so, or a stage has failed. Both make one descriptor readable.
#include <atomic>

#include "engine/build/builder.h"
#include "sys/fd.h"

namespace engine::build {

// Thread-safe.
class BuildStop {
 public:
  // Throws sys::Error.
  explicit BuildStop(BuildObserver& observer);
  // A stage has failed.
  void fail();
  bool failed() const { return failed_; }
  bool stopped() const { return failed_ || observer_.cancelled(); }
  int fd() const { return any_.get(); }  // readable once stopped

 private:
  BuildObserver& observer_;
  std::atomic<bool> failed_{false};
  sys::Fd failure_, any_;  // eventfd; epoll over it and the observer's
};

}  // namespace engine::build
