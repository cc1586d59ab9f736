#pragma once
// The commands of `compose volume` that have files of their own.
#include "compose/cli/commands.h"

namespace compose::cli {

int volume_create(Context& context, const Words& args);
int volume_inspect(Context& context, const Words& args);
int volume_prune(Context& context, const Words& args);

}  // namespace compose::cli
