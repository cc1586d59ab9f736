#include "compose/cli/arguments.h"
#include "compose/cli/container.h"
#include "compose/cli/container/subcommands.h"
#include "engine/error.h"

namespace compose::cli {

// As docker: one after the other, in the order given, so that each code is printed as soon as it can be.
int container_wait(Context& context, const Words& args) {
  Arguments arguments("container wait CONTAINER...",
                      "Wait until containers have ended, and print their exit codes.");
  arguments.positionals(1, -1, "CONTAINER");
  int code = 0;
  for (const std::string& name : arguments.parse(args)) {
    try {
      const std::string id = named_container(context, name).id;
      const auto status =
          context.engine().watch_container(id, -1, [](const engine::Status&) { return true; });
      print(std::to_string(status.exit_code) + '\n');
    } catch (const engine::Error& error) {
      context.show_error(error.what());
      code = 1;
    }
  }
  return code;
}

}  // namespace compose::cli
