#pragma once
// `compose container ...`: commands on any container of the engine, by id, name or the beginning of an id.
#include <string>

#include "compose/cli/commands.h"
#include "engine/model.h"

namespace compose::cli {

int container_attach(Context& context, const Words& args);
int container_commit(Context& context, const Words& args);
int container_export(Context& context, const Words& args);
int container_logs(Context& context, const Words& args);
int container_ls(Context& context, const Words& args);

// Throws engine::Error(kNotFound, kConflict).
engine::ContainerInfo named_container(Context& context, const std::string& name);

}  // namespace compose::cli
