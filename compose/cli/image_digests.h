#pragma once
// Images pinned to the digests that their registries have for them.
#include <string>
#include <vector>

#include "engine/engine.h"
#include "parser/load.h"

namespace compose::cli {

// Gives each image that a service names its digest, "docker.io/library/nginx:latest@sha256:...", unless it
// has one: `image`, those of pre_start commands, and those that are mounted. Registries are asked at the same
// time. Services without an `image` are left alone. Throws engine::Error for the first, by service, that is
// not known to its registry.
void pin_images(engine::Engine& engine, parser::Project& project);

// A Compose file with the services' images and those they mount and nothing else, in YAML. `files`: those the
// project is from. Lists of commands append when files are merged, so images of pre_start are not in it:
// `unlocked` gets the services that have some.
std::string lock_file(const parser::Project& project, const parser::Document& files,
                      std::vector<std::string>& unlocked);

}  // namespace compose::cli
