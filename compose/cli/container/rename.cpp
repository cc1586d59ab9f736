#include "compose/cli/arguments.h"
#include "compose/cli/container.h"
#include "compose/cli/container/subcommands.h"

namespace compose::cli {

int container_rename(Context& context, const Words& args) {
  Arguments arguments("container rename CONTAINER NEW_NAME", "Give a container another name.");
  arguments.positionals(2, 2, "CONTAINER and NEW_NAME");
  const Words words = arguments.parse(args);
  with_container_locked(context, "rename", words[0], [&](const engine::ContainerInfo& container) {
    context.engine().rename_container(container.id, words[1]);
  });
  return 0;
}

}  // namespace compose::cli
