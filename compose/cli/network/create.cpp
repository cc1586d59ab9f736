#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/name_values.h"
#include "compose/cli/network/subcommands.h"

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

}  // namespace

int network_create(Context& context, const Words& args) {
  engine::NetworkConfig config;
  Words subnets, gateways, labels, options;
  bool attachable = false;
  std::string ipam_driver, scope;
  Arguments arguments("network create [OPTIONS] NETWORK", "Make a network.");
  arguments.option("-d,--driver", config.driver, "Driver: bridge (the default)");
  arguments.list("--subnet", subnets, "Addresses of the network: 172.28.0.0/16");
  arguments.list("--gateway", gateways, "Address of the host on it");
  arguments.flag("--internal", config.internal, "Without a way out of the host");
  arguments.list("--label", labels, "NAME=VALUE");
  arguments.list("-o,--opt", options, "NAME=VALUE for the driver");
  arguments.flag("--attachable", attachable, "Any container can be put on it, as on every network here");
  arguments.option("--ipam-driver", ipam_driver, "What gives out addresses: default");
  arguments.option("--scope", scope, "local");
  for (const char* name : {"--aux-address", "--config-from", "--ip-range", "--ipam-opt"})
    arguments.refuse_option(name);
  for (const char* name : {"--config-only", "--ingress", "--ipv6"}) arguments.refuse_flag(name);
  arguments.positionals(1, 1, "NETWORK");
  config.name = arguments.parse(args).front();
  check_name(config.name);
  if (config.name == "default")
    throw CommandError(
        "network default: 'container run --network default' means bridge; choose another name");
  if (subnets.size() > 1 || gateways.size() > 1)
    throw CommandError("network " + config.name + ": more than one subnet is not supported yet");
  if (!ipam_driver.empty() && ipam_driver != "default")
    throw CommandError("--ipam-driver " + ipam_driver + " is not supported yet: default is");
  if (!scope.empty() && scope != "local")
    throw CommandError("--scope " + scope + " is not supported yet: local is");
  if (!subnets.empty()) config.subnet = subnets.front();
  if (!gateways.empty()) config.gateway = gateways.front();
  if (config.subnet.empty() && !config.gateway.empty())
    throw CommandError("--gateway needs a --subnet that it is in");
  config.labels = name_values("--label", labels, false);
  config.driver_opts = name_values("--opt", options, true);
  context.engine().reconcile();
  print(context.engine().create_network(config).id + '\n');
  return 0;
}

}  // namespace compose::cli
