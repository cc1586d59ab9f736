#include "compose/cli/arguments.h"
#include "compose/cli/image/subcommands.h"
#include "engine/error.h"
#include "engine/image/image_store.h"

namespace compose::cli {

int image_rm(Context& context, const Words& args) {
  bool force = false, no_prune = false;
  Arguments arguments("image rm [OPTIONS] IMAGE...", "Remove images, by reference or id.");
  arguments.flag("-f,--force", force, "Take the names away even if containers use the image; it stays then");
  arguments.flag("--no-prune", no_prune, "Keep what the images were built from, for the next build");
  arguments.positionals(1, -1, "IMAGE");
  const Words names = arguments.parse(args);
  context.engine().reconcile();
  int code = 0;
  for (const std::string& name : names) {
    try {
      for (const std::string& line : context.engine().image_store().remove(name, force, no_prune))
        print(line + '\n');
    } catch (const engine::Error& error) {  // the others are still removed
      context.show_error(error.what());
      code = 1;
    }
  }
  return code;
}

}  // namespace compose::cli
