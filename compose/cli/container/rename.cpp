#include "compose/cli/arguments.h"
#include "compose/cli/container.h"
#include "compose/cli/container/subcommands.h"
#include "compose/cli/failure.h"

namespace compose::cli {

int container_rename(Context& context, const Words& args) {
  Arguments arguments("container rename CONTAINER NEW_NAME", "Give a container another name.");
  arguments.positionals(2, 2, "CONTAINER and NEW_NAME");
  const Words words = arguments.parse(args);
  const std::string name =
      words[1].starts_with('/') ? words[1].substr(1) : words[1];  // as Docker writes names
  with_container_locked(context, "rename", words[0], [&](const engine::ContainerInfo& container) {
    if (container.name == name) throw CommandError("container " + name + " has that name already");
    context.engine().rename_container(container.id, name);
  });
  return 0;
}

}  // namespace compose::cli
