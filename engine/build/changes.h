#pragma once
// Dockerfile lines applied to an image's configuration outside a build: `image import --change`.
#include <string>
#include <vector>

#include "engine/image/config.h"

namespace engine {

// Each of `changes` is one instruction that changes only configuration (CMD, ENTRYPOINT, ENV, EXPOSE, USER,
// VOLUME, WORKDIR, LABEL, ...). Throws engine::Error(kInvalid), "--change:<number>: ...", for anything else.
void apply_changes(ImageConfig& config, const std::vector<std::string>& changes);

}  // namespace engine
