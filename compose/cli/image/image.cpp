#include "compose/cli/image/subcommands.h"
#include "compose/cli/subcommands.h"

namespace compose::cli {
int image_command(Context& context, const Words& args) {
  return run_subcommand(context, "image",
                        {{"build", image_build, "Build an image from a Dockerfile"},
                         {"history", image_history, "Show what an image was made of"},
                         {"import", image_import, "Make an image from an archive of a root file system"},
                         {"inspect", image_inspect, "Show all about images, as JSON"},
                         {"load", image_load, "Bring in images from an archive that save wrote"},
                         {"ls", image_ls, "List the images of the store"},
                         {"prune", image_prune, "Remove images that nothing uses"},
                         {"pull", image_pull, "Fetch an image from its registry"},
                         {"push", image_push, "Send an image to its registry"},
                         {"rm", image_rm, "Remove images"},
                         {"save", image_save, "Write images to an archive"},
                         {"tag", image_tag, "Give an image one more name"}},
                        args);
}

}  // namespace compose::cli
