#pragma once
// A container as Docker's API describes it (GET /containers/{id}/json). Members that this engine has nothing
// for are at the value that says so.
#include <nlohmann/json_fwd.hpp>

#include "engine/engine.h"

namespace compose::cli {

// `with_size`: SizeRw and SizeRootFs too. Throws engine::Error.
nlohmann::ordered_json described(engine::Engine& engine, const engine::ContainerInfo& container,
                                 bool with_size);
// The part on one endpoint, which `network inspect` of a container has, too.
nlohmann::ordered_json described(const engine::EndpointInfo& endpoint,
                                 const engine::ContainerInfo& container);

}  // namespace compose::cli
