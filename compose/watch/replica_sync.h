#pragma once
// Brings changed files into the containers of services, and remembers which: a container that is made later,
// because its service is scaled or somebody recreates it, is made from an image that knows nothing of them,
// so it gets them as soon as it is there, most often before its program starts.
//
// Thread-safe. All throw sys::Error, engine::Error only for what has nothing to do with one container.
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace compose::watch {

class ReplicaSync {
 public:
  using Paths = std::map<std::string, std::string>;  // by place in the container: paths here
  using Cancelled = std::function<bool()>;

  ReplicaSync(engine::Engine& engine, std::string project, Cancelled cancelled)
      : engine_(engine), project_(std::move(project)), cancelled_(std::move(cancelled)) {}

  // Into all replicas of the service, running or not. Returns what failed, a message each. `remembered`: also
  // for containers to come.
  std::vector<std::string> bring(const std::string& service, const Paths& paths, bool remembered);

  struct Arrival {
    Paths brought;                    // what was remembered
    bool before_start = true;         // it was there before the program started
    std::vector<std::string> failed;  // messages
  };
  // A container has been made, or has started: it gets `always` and what is remembered, unless it had that
  // already.
  Arrival arrived(const std::string& id, const std::string& service, const Paths& always);
  // Containers that are there now need not be told of again.
  void note_present();

  // What has been remembered so far, for `forget`.
  uint64_t mark() const;
  // An image has been made since `mark` that holds those paths here of which `held` says so.
  void forget(const std::string& service, uint64_t mark, const std::function<bool(const std::string&)>& held);

 private:
  struct Brought {
    std::string local;
    uint64_t number = 0;
  };
  std::vector<std::string> bring_to(const engine::ContainerInfo& container, const Paths& paths);

  engine::Engine& engine_;
  std::string project_;
  Cancelled cancelled_;
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, Brought>> brought_;  // by service, by place
  std::set<std::string> known_;                                    // ids of containers that have it all
  uint64_t number_ = 0;
};

}  // namespace compose::watch
