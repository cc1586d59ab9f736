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
  arguments.option("--format", format, "table, json (a line per network) or a template");
  arguments.flag("-q,--quiet", quiet, "Only ids");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  const OutputFormat output(format);

  auto networks = context.engine().networks();
  std::sort(networks.begin(), networks.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  ui::Table table({"NETWORK ID", "NAME", "DRIVER", "SUBNET"});
  static const Titles kTitles{{"Driver", "DRIVER"},     {"Gateway", "GATEWAY"}, {"ID", "NETWORK ID"},
                              {"Internal", "INTERNAL"}, {"Labels", "LABELS"},   {"Name", "NAME"},
                              {"Subnet", "SUBNET"}};
  std::string ids;
  std::vector<nlohmann::ordered_json> rows;
  for (const auto& network : networks) {
    table.add({ui::short_id(network.id), network.name, network.driver, network.subnet});
    ids += ui::short_id(network.id) + '\n';
    rows.push_back({{"ID", ui::short_id(network.id)},
                    {"Name", network.name},
                    {"Driver", network.driver},
                    {"Subnet", network.subnet},
                    {"Gateway", network.gateway},
                    {"Internal", network.internal},
                    {"Labels", shown_labels(network.labels)}});
  }
  print(quiet                  ? ids
        : output.is_template() ? output.render(rows, kTitles)
        : output.is_json()     ? json_lines(rows)
                               : table.to_string());
  return 0;
}

}  // namespace

int network_command(Context& context, const Words& args) {
  return run_subcommand(context, "network", {{"ls", network_ls, "List the engine's networks"}}, args);
}

}  // namespace compose::cli
