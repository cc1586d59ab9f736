#pragma once
// The commands of `compose image`, a file each.
#include "compose/cli/commands.h"

namespace compose::cli {

int image_history(Context& context, const Words& args);
int image_import(Context& context, const Words& args);
int image_inspect(Context& context, const Words& args);
int image_load(Context& context, const Words& args);
int image_ls(Context& context, const Words& args);
int image_prune(Context& context, const Words& args);
int image_pull(Context& context, const Words& args);
int image_push(Context& context, const Words& args);
int image_rm(Context& context, const Words& args);
int image_save(Context& context, const Words& args);
int image_tag(Context& context, const Words& args);

}  // namespace compose::cli
