#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/output_format.h"
#include "compose/cli/subcommands.h"
#include "compose/ui/format.h"
#include "compose/ui/table.h"

namespace compose::cli {
namespace {

int network_ls(Context& context, const Words& args) {
  bool quiet = false;
  std::string format;
  Arguments arguments("network ls [OPTIONS]", "List the engine's networks.");
  arguments.option("--format", format, "table or json (a line per network)");
  arguments.flag("-q,--quiet", quiet, "Only ids");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  check_format(format);

  auto networks = context.engine().networks();
  std::sort(networks.begin(), networks.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  ui::Table table({"NETWORK ID", "NAME", "DRIVER", "SUBNET"});
  std::string lines;
  for (const auto& network : networks) {
    table.add({ui::short_id(network.id), network.name, network.driver, network.subnet});
    if (quiet) {
      lines += ui::short_id(network.id) + '\n';
    } else if (format == "json") {
      lines += nlohmann::ordered_json{{"ID", ui::short_id(network.id)},
                                      {"Name", network.name},
                                      {"Driver", network.driver},
                                      {"Subnet", network.subnet},
                                      {"Gateway", network.gateway},
                                      {"Internal", network.internal},
                                      {"Labels", shown_labels(network.labels)}}
                   .dump() +
               '\n';
    }
  }
  print(quiet || format == "json" ? lines : table.to_string());
  return 0;
}

}  // namespace

int network_command(Context& context, const Words& args) {
  return run_subcommand(context, "network", {{"ls", network_ls, "List the engine's networks"}}, args);
}

}  // namespace compose::cli
