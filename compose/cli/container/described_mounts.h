#pragma once
// Mounts in the description of a container: those asked for (HostConfig) and those it has (Mounts).
#include <nlohmann/json_fwd.hpp>

#include "engine/model.h"

namespace compose::cli {

// Sets Binds, Mounts and Tmpfs: a mount is in Binds or Tmpfs when all that was asked for can be said there,
// else in Mounts.
void add_asked_mounts(const engine::ContainerConfig& config, nlohmann::ordered_json& host);
nlohmann::ordered_json mounts_of(const engine::ContainerInfo& container,
                                 const engine::ContainerConfig& config);

}  // namespace compose::cli
