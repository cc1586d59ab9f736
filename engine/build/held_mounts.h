#pragma once
// What a RUN step's mounts need for as long as it runs.
#include <memory>
#include <optional>
#include <vector>

#include "engine/build/cache_mounts.h"
#include "engine/build/solver.h"

namespace engine::build {

struct Solver::HeldMounts {
  CacheMounts caches;
  std::map<std::string, std::string> cache_folders;          // by digest
  std::vector<std::shared_ptr<ImageStore::Draft>> contexts;  // copies of what was asked for
  std::optional<ImageStore::Draft> scratch;                  // what is written to kLayers mounts
};

}  // namespace engine::build
