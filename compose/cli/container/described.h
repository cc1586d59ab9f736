#pragma once
// A container as Docker's API describes it (GET /containers/{id}/json). What this engine does not know, such
// as which streams its maker was attached to, is left out; what it has nothing for is at the value that says
// so.
#include <nlohmann/json_fwd.hpp>

#include "engine/engine.h"

namespace compose::cli {

// `with_size`: SizeRw and SizeRootFs too. Throws engine::Error.
nlohmann::ordered_json described(engine::Engine& engine, const engine::ContainerInfo& container,
                                 bool with_size);

}  // namespace compose::cli
