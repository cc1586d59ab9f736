#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/label_filter.h"
#include "compose/cli/network/subcommands.h"
#include "compose/cli/output_format.h"
#include "compose/plan/inventory.h"
#include "compose/ui/format.h"
#include "compose/ui/table.h"
#include "compose/ui/timestamp.h"

namespace compose::cli {
namespace {

bool is_used(Context& context, const engine::NetworkInfo& network) {
  const auto containers = context.engine().containers("");
  return std::any_of(containers.begin(), containers.end(),
                     [&](const auto& container) { return is_attached(container, network.name); });
}

bool holds(Context& context, const std::string& key, const std::string& value,
           const engine::NetworkInfo& network) {
  if (key == "driver") return network.driver == value;
  if (key == "id") return matches(value, network.id);
  if (key == "name") return matches(value, network.name);
  if (key == "scope") return value == "local";
  if (key == "type") return is_builtin(network.name) == (value == "builtin");
  if (key == "label") return has_label(network.labels, value);
  return (is_builtin(network.name) || is_used(context, network)) != truth_of("dangling", value);
}

}  // namespace

int network_ls(Context& context, const Words& args) {
  bool quiet = false, no_trunc = false;
  std::string format;
  Words given;
  Arguments arguments("network ls [OPTIONS]", "List the engine's networks.");
  arguments.list("-f,--filter", given,
                 "dangling=, driver=, id=, label=, name=, scope= or type=builtin|custom");
  arguments.option("--format", format, "table, json (a line per network) or a template");
  arguments.flag("--no-trunc", no_trunc, "Whole ids");
  arguments.flag("-q,--quiet", quiet, "Only ids");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  const OutputFormat output(format);
  const KeyFilters filters(given, {"dangling", "driver", "id", "label", "name", "scope", "type"});
  filters.check("type", {"builtin", "custom"});
  for (const char* key : {"id", "name"}) filters.check_patterns(key);

  ui::Table table({"NETWORK ID", "NAME", "DRIVER", "SCOPE"});
  static const Titles kTitles{{"CreatedAt", "CREATED AT"},
                              {"Driver", "DRIVER"},
                              {"Gateway", "GATEWAY"},
                              {"ID", "NETWORK ID"},
                              {"Internal", "INTERNAL"},
                              {"IPv4", "IPV4"},
                              {"IPv6", "IPV6"},
                              {"Labels", "LABELS"},
                              {"Name", "NAME"},
                              {"Scope", "SCOPE"},
                              {"Subnet", "SUBNET"}};
  std::string ids;
  std::vector<nlohmann::ordered_json> rows;
  for (const engine::NetworkInfo& network : all_networks(context)) {
    const bool passes = filters.hold([&](const std::string& key, const std::string& value) {
      return holds(context, key, value, network);
    });
    if (!passes) continue;
    const std::string id = no_trunc ? network.id : ui::short_id(network.id);
    table.add({id, network.name, network.driver, "local"});
    ids += id + '\n';
    rows.push_back({{"CreatedAt", ui::to_created_at(network.created_ms)},
                    {"ID", id},
                    {"Name", network.name},
                    {"Driver", network.driver},
                    {"Scope", "local"},
                    {"IPv4", network.enable_ipv4 ? "true" : "false"},
                    {"IPv6", network.enable_ipv6 ? "true" : "false"},
                    {"Subnet", network.pools.empty() ? "" : network.pools.front().subnet},
                    {"Gateway", network.pools.empty() ? "" : network.pools.front().gateway},
                    {"Internal", network.internal ? "true" : "false"},
                    {"Labels", labels_text(shown_labels(network.labels))}});
    if (output.is_template()) rows.back()["Label"] = shown_labels(network.labels);
  }
  print(quiet                  ? ids
        : output.is_template() ? output.render(rows, kTitles)
        : output.is_json()     ? json_lines(rows)
                               : table.to_string());
  return 0;
}

}  // namespace compose::cli
