#include "compose/cli/subcommands.h"
#include "compose/cli/system/subcommands.h"

namespace compose::cli {

int system_command(Context& context, const Words& args) {
  return run_subcommand(context, "system",
                        {{"df", system_df, "Show what the disk is used for"},
                         {"events", system_events, "Show what happens in the engine"},
                         {"info", system_info, "Show what this engine and host are and can do"},
                         {"prune", system_prune, "Remove what is not used"}},
                        args);
}

}  // namespace compose::cli
