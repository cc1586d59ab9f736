#include <fmt/format.h>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/selection.h"
#include "compose/ui/format.h"

namespace compose::cli {

int port_command(Context& context, const Words& args) {
  std::optional<int64_t> index;
  std::string protocol = "tcp";
  Arguments arguments("port [OPTIONS] SERVICE PRIVATE_PORT", "Show where a container's port is published.");
  arguments.option("--index", index, "Number of the container");
  arguments.option("--protocol", protocol, "tcp, udp or sctp");
  arguments.positionals(2, 2, "SERVICE and PRIVATE_PORT");
  const Words words = arguments.parse(args);
  std::string text = words[1];
  if (const size_t slash = text.find('/'); slash != std::string::npos) {
    protocol = text.substr(slash + 1);
    text.erase(slash);
  }
  const int64_t wanted = whole_number(text, "PRIVATE_PORT");
  const auto container = replica(context, context.project_name(), words[0], index);
  // Where it is published more than once, scripts want one line: the first.
  for (const auto& port : container.ports) {
    if (port.container_port != wanted || port.protocol != protocol || port.host_port == 0) continue;
    print(ui::host_and_port(port) + '\n');
    return 0;
  }
  throw CommandError(fmt::format("no port {}/{} for container {}", wanted, protocol, container.name));
}

}  // namespace compose::cli
