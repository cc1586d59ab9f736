#pragma once
// `compose container ...`: commands on any container of the engine, by id, name or the beginning of an id.
#include <functional>
#include <string>

#include "compose/cli/commands.h"
#include "engine/model.h"

namespace compose::cli {

int container_attach(Context& context, const Words& args);
int container_commit(Context& context, const Words& args);
int container_export(Context& context, const Words& args);
int container_logs(Context& context, const Words& args);
int container_ls(Context& context, const Words& args);
int container_stats(Context& context, const Words& args);
int container_top(Context& context, const Words& args);

// Does `action` to the container, as it is then, under the lock of its project; one of no project has none.
void with_container_locked(Context& context, const std::string& command, const std::string& name,
                           const std::function<void(const engine::ContainerInfo&)>& action);
// The same to each of them, at once or one after the other, and prints the names as they were given, in that
// order. One that fails does not keep the others from being tried. Returns the exit code. `action` is called
// from other threads.
enum class Pace { kTogether, kInTurn };
int for_each_container(Context& context, const std::string& command, const Words& names, Pace pace,
                       const std::function<void(const engine::ContainerInfo&)>& action);

// Throws engine::Error(kNotFound, kConflict).
engine::ContainerInfo named_container(Context& context, const std::string& name);

}  // namespace compose::cli
