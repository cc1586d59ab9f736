#pragma once
// The commands of `compose container`, a file each.
#include "compose/cli/commands.h"

namespace compose::cli {

int container_cp(Context& context, const Words& args);
int container_create(Context& context, const Words& args);
int container_exec(Context& context, const Words& args);
int container_inspect(Context& context, const Words& args);
int container_port(Context& context, const Words& args);
int container_prune(Context& context, const Words& args);
int container_rename(Context& context, const Words& args);
int container_run(Context& context, const Words& args);
int container_start(Context& context, const Words& args);
int container_update(Context& context, const Words& args);
int container_wait(Context& context, const Words& args);

}  // namespace compose::cli
