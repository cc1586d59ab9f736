#pragma once
// Projects that registries keep, fetched to this machine: below DATA_ROOT/remote a folder each, named by the
// digest of its manifest, with manifest.json, layers/ and, in project/, the files that these make. What is
// there is checked at each use and fetched again when it was changed.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/registry/registries.h"

namespace compose {

// Used by one thread.
class RemoteProjects {
 public:
  RemoteProjects(std::string folder, engine::registry::Registries registries)
      : folder_(std::move(folder)), registries_(std::move(registries)) {}

  // `reference`: "oci://host/repository[:tag][@digest]". The path of its compose.yaml, which lies with all
  // that came along. The registry is asked once for each, and not at all for a digest that is here. Throws
  // engine::Error: as Engine::pull_image, and kInvalid for what is no project.
  std::string fetch(const std::string& reference);

  // What was fetched so far, by reference.
  const std::map<std::string, std::string>& fetched() const { return fetched_; }

 private:
  std::string folder_;
  engine::registry::Registries registries_;
  std::map<std::string, std::string> fetched_;
};

}  // namespace compose
