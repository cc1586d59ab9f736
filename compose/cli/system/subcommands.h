#pragma once
// The commands of `compose system`, a file each.
#include "compose/cli/commands.h"

namespace compose::cli {

int system_df(Context& context, const Words& args);
int system_events(Context& context, const Words& args);
int system_info(Context& context, const Words& args);
int system_prune(Context& context, const Words& args);

}  // namespace compose::cli
