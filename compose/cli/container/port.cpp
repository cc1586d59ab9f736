#include <fmt/format.h>

#include "compose/cli/arguments.h"
#include "compose/cli/container.h"
#include "compose/cli/container/subcommands.h"
#include "compose/cli/failure.h"
#include "compose/plan/inventory.h"
#include "compose/ui/format.h"

namespace compose::cli {

int container_port(Context& context, const Words& args) {
  Arguments arguments("container port CONTAINER [PORT[/PROTOCOL]]",
                      "Show where a container's ports are published.");
  arguments.positionals(1, 2, "CONTAINER and PORT");
  const Words words = arguments.parse(args);
  const engine::ContainerInfo container = named_container(context, words[0]);
  const bool all = words.size() == 1;
  std::string number, protocol = "tcp";
  if (!all) {
    number = words[1].substr(0, words[1].find('/'));
    if (const size_t slash = words[1].find('/'); slash != std::string::npos)
      protocol = words[1].substr(slash + 1);
    whole_number(number, "PORT");
  }
  std::string lines;
  if (is_up(container)) {
    for (const engine::PublishedPort& port : container.ports) {
      const std::string address = ui::host_and_port(port) + '\n';
      if (all) {
        lines += fmt::format("{}/{} -> {}", port.container_port, port.protocol, address);
      } else if (std::to_string(port.container_port) == number && port.protocol == protocol) {
        lines += address;
      }
    }
  }
  if (!all && lines.empty())
    throw CommandError(
        fmt::format("no public port '{}/{}' published for {}", number, protocol, container.name));
  print(lines);
  return 0;
}

}  // namespace compose::cli
