#pragma once
// A run folder for what a process does for a while: a build's RUN, a look into a container that is down. Gone
// with its object, however that ends, or found by its name once the process is dead.
#include <string>

#include "engine/paths.h"

namespace engine {

class StepFolder {
 public:
  explicit StepFolder(const Paths& paths);  // throws sys::Error
  ~StepFolder();
  StepFolder(const StepFolder&) = delete;
  StepFolder& operator=(const StepFolder&) = delete;
  const std::string& path() const { return path_; }

  // Folders whose process is gone.
  static void remove_abandoned(const Paths& paths);

 private:
  std::string path_;
};

}  // namespace engine
