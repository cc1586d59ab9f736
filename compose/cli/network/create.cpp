#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/name_values.h"
#include "compose/cli/network/subcommands.h"
#include "netmgr/address.h"

namespace compose::cli {
namespace {

void check_name(const std::string& name) {
  const bool fine =
      std::isalnum(static_cast<unsigned char>(name[0])) != 0 &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
          std::string::npos;
  if (!fine)
    throw CommandError(
        "network name '" + name +
        "' may only hold letters, digits, '_', '.', '-' and must begin with a letter or digit");
}

// Which of the pools an address or range is in. Throws CommandError when it is in none.
engine::PoolConfig& pool_with(engine::NetworkConfig& config, const std::string& flag,
                              const std::string& text) {
  const std::string base = text.substr(0, text.find('/'));
  const auto address = netmgr::parse_address(base);
  if (!address) throw CommandError(flag + " '" + text + "' is not an address");
  for (engine::PoolConfig& pool : config.pools) {
    const auto subnet = netmgr::parse_subnet(pool.subnet);
    if (subnet && subnet->contains(*address)) return pool;
  }
  throw CommandError(flag + ' ' + text + " needs a --subnet that it is in");
}

void set_once(const std::string& flag, std::string& place, const std::string& text,
              const engine::PoolConfig& pool) {
  if (!place.empty())
    throw CommandError(flag + " is given twice for subnet " + pool.subnet + ": " + place + " and " + text);
  place = text;
}

struct PoolFlags {
  Words subnets, gateways, ranges, auxiliary;
};

void set_pools(engine::NetworkConfig& config, const PoolFlags& flags) {
  for (const std::string& subnet : flags.subnets) {
    if (!netmgr::parse_subnet(subnet))
      throw CommandError("--subnet '" + subnet +
                         "' is not a subnet without host bits, like 172.28.0.0/16 or "
                         "fd00:28::/64");
    config.pools.push_back({subnet, "", ""});
  }
  for (const std::string& gateway : flags.gateways) {
    engine::PoolConfig& pool = pool_with(config, "--gateway", gateway);
    set_once("--gateway", pool.gateway, gateway, pool);
  }
  for (const std::string& range : flags.ranges) {
    engine::PoolConfig& pool = pool_with(config, "--ip-range", range);
    set_once("--ip-range", pool.ip_range, range, pool);
  }
  for (const auto& [name, address] : name_values("--aux-address", flags.auxiliary, true))
    pool_with(config, "--aux-address", address).aux_addresses[name] = address;
}

}  // namespace

int network_create(Context& context, const Words& args) {
  engine::NetworkConfig config;
  PoolFlags pools;
  Words labels, options, ipam_options;
  std::string ipam_driver, scope;
  Arguments arguments("network create [OPTIONS] NETWORK", "Make a network.");
  arguments.option("-d,--driver", config.driver, "Driver: bridge (the default) or macvlan");
  arguments.list("--subnet", pools.subnets, "Addresses of the network: 172.28.0.0/16, fd00:28::/64");
  arguments.list("--gateway", pools.gateways, "Address of the host, or of the router, on it");
  arguments.list("--ip-range", pools.ranges, "Part of a subnet that containers get their addresses from");
  arguments.list("--aux-address", pools.auxiliary, "NAME=ADDRESS that no container gets");
  arguments.flag("--ipv4", config.enable_ipv4, "With IPv4 (the default)");
  arguments.flag("--ipv6", config.enable_ipv6, "With IPv6");
  arguments.flag("--internal", config.internal, "Without a way out of the host");
  arguments.list("--label", labels, "NAME=VALUE");
  arguments.list("-o,--opt", options, "NAME=VALUE for the driver");
  arguments.flag("--attachable", config.attachable,
                 "Any container can be put on it, as on every network here");
  arguments.option("--ipam-driver", ipam_driver, "What gives out addresses: default");
  arguments.option("--scope", scope, "local");
  arguments.list("--ipam-opt", ipam_options, "NAME=VALUE for it; the default has none");
  arguments.refuse_option("--config-from");
  for (const char* name : {"--config-only", "--ingress"}) arguments.refuse_flag(name);
  arguments.positionals(1, 1, "NETWORK");
  config.name = arguments.parse(args).front();
  check_name(config.name);
  if (config.name == "default")
    throw CommandError(
        "network default: 'container run --network default' means bridge; choose another name");
  if (!ipam_driver.empty() && ipam_driver != "default")
    throw CommandError("--ipam-driver " + ipam_driver + " is not supported yet: default is");
  if (!scope.empty() && scope != "local")
    throw CommandError("--scope " + scope + " is not supported yet: local is");
  if (!ipam_options.empty())
    throw CommandError("--ipam-opt " + ipam_options.front() + ": the default IPAM driver has no options");
  set_pools(config, pools);
  config.labels = name_values("--label", labels, false);
  config.driver_opts = name_values("--opt", options, true);
  context.engine().reconcile();
  print(context.engine().create_network(config).id + '\n');
  return 0;
}

}  // namespace compose::cli
