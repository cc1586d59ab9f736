#pragma once
// Images pinned to the digests that their registries have for them.
#include <string>

#include "engine/engine.h"
#include "parser/load.h"

namespace compose::cli {

// Gives each service's `image` its digest, "docker.io/library/nginx:latest@sha256:...", unless it has one.
// Registries are asked at the same time. Services without an `image` are left alone. Throws engine::Error for
// the first, by service, that is not known to its registry.
void pin_images(engine::Engine& engine, parser::Project& project);

// A Compose file with the services' images and nothing else, in YAML. `files`: those the project is from.
std::string lock_file(const parser::Project& project, const parser::Document& files);

}  // namespace compose::cli
