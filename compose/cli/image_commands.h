#pragma once
// The commands of the `image` family that have files of their own.
#include "compose/cli/commands.h"

namespace compose::cli {

int image_pull(Context& context, const Words& args);
int image_push(Context& context, const Words& args);

}  // namespace compose::cli
