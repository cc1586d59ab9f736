#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/container/described_network.h"
#include "compose/cli/inspected.h"
#include "compose/cli/network/subcommands.h"
#include "compose/cli/output_format.h"
#include "compose/plan/inventory.h"
#include "compose/ui/timestamp.h"

namespace compose::cli {
namespace {

using nlohmann::ordered_json;

// Those that run, as Docker's networks know no others.
ordered_json containers_on(Context& context, const engine::NetworkInfo& network) {
  auto described = ordered_json::object();
  const bool no_network = network.name == "host" || network.name == "none";
  for (const engine::ContainerInfo& container : context.engine().containers("")) {
    if (!is_up(container)) continue;
    ordered_json entry{{"Name", container.name},
                       {"EndpointID", endpoint_id(container, network.id)},
                       {"MacAddress", ""},
                       {"IPv4Address", ""},
                       {"IPv6Address", ""}};
    if (no_network) {
      if (context.engine().configuration_of(container.id).network_mode == network.name)
        described[container.id] = entry;
      continue;
    }
    for (const engine::EndpointInfo& endpoint : container.endpoints) {
      if (endpoint.network_id != network.id) continue;
      entry["MacAddress"] = endpoint.mac;
      if (!endpoint.address.empty())
        entry["IPv4Address"] = endpoint.address + '/' + std::to_string(endpoint.prefix);
      if (!endpoint.address6.empty())
        entry["IPv6Address"] = endpoint.address6 + '/' + std::to_string(endpoint.prefix6);
      described[container.id] = entry;
    }
  }
  return described;
}

// As Docker shows it: what was not given is left out.
ordered_json described(const engine::PoolConfig& pool) {
  ordered_json shown{{"Subnet", pool.subnet}};
  if (!pool.ip_range.empty()) shown["IPRange"] = pool.ip_range;
  if (!pool.gateway.empty()) shown["Gateway"] = pool.gateway;
  if (!pool.aux_addresses.empty()) shown["AuxiliaryAddresses"] = pool.aux_addresses;
  return shown;
}

ordered_json describe(Context& context, const engine::NetworkInfo& network) {
  auto pools = ordered_json::array();
  for (const engine::PoolConfig& pool : network.pools) pools.push_back(described(pool));
  auto options = ordered_json::object();
  for (const auto& [name, value] : network.driver_opts) options[name] = value;
  constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;
  return {
      {"Name", network.name},
      {"Id", network.id},
      {"Created", network.created_ms == 0 ? "0001-01-01T00:00:00Z"  // one that nobody has made, or not yet
                                          : ui::to_rfc3339(network.created_ms * kNanosecondsPerMillisecond)},
      {"Scope", "local"},
      {"Driver", network.driver},
      {"EnableIPv4", network.enable_ipv4},
      {"EnableIPv6", network.enable_ipv6},
      {"IPAM", {{"Driver", "default"}, {"Options", nullptr}, {"Config", pools}}},
      {"Internal", network.internal},
      {"Attachable", network.attachable},
      {"Ingress", false},
      {"ConfigFrom", {{"Network", ""}}},
      {"ConfigOnly", false},
      {"Containers", containers_on(context, network)},
      {"Options", options},
      {"Labels", shown_labels(network.labels)}};
}

}  // namespace

int network_inspect(Context& context, const Words& args) {
  std::string format;
  Arguments arguments("network inspect [OPTIONS] NETWORK...", "Show all about networks, as JSON.");
  arguments.option("-f,--format", format, "json (the default) or a template for each network");
  arguments.refuse_flag("-v,--verbose");
  arguments.positionals(1, -1, "NETWORK");
  const Words names = arguments.parse(args);
  return inspect_all(context, names, format, [&](const std::string& name) {
    return describe(context, named_network(context, name));
  });
}

}  // namespace compose::cli
