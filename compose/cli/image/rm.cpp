#include "compose/cli/arguments.h"
#include "compose/cli/image/subcommands.h"
#include "engine/error.h"

namespace compose::cli {

int image_rm(Context& context, const Words& args) {
  bool force = false;
  Arguments arguments("image rm [OPTIONS] IMAGE...", "Remove images, by reference or id.");
  arguments.flag("-f,--force", force, "Take the names away even if containers use the image; it stays then");
  arguments.refuse_flag("--no-prune");
  arguments.positionals(1, -1, "IMAGE");
  const Words names = arguments.parse(args);
  context.engine().reconcile();
  int code = 0;
  for (const std::string& name : names) {
    try {
      for (const std::string& line : context.engine().remove_image(name, force)) print(line + '\n');
    } catch (const engine::Error& error) {  // the others are still removed
      context.show_error(error.what());
      code = 1;
    }
  }
  return code;
}

}  // namespace compose::cli
