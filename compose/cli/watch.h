#pragma once
#include "compose/cli/commands.h"

namespace compose::cli {

// `compose watch`; as the commands of commands.h.
int watch_command(Context& context, const Words& args);

}  // namespace compose::cli
