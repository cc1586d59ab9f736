#pragma once
// The commands of `compose image`, a file each.
#include "compose/cli/commands.h"
#include "compose/execute/executor.h"

namespace compose::cli {

int image_build(Context& context, const Words& args);
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

// Fetches an image that a container is to be made of, and tells so on standard error. Throws engine::Error.
void fetch_image(Context& context, const engine::PullRequest& request, bool quiet,
                 const Cancellation& cancellation);

}  // namespace compose::cli
