#include <algorithm>

#include "compose/cli/network/subcommands.h"
#include "compose/cli/subcommands.h"
#include "engine/error.h"
#include "engine/image/digest.h"

namespace compose::cli {
namespace {

engine::NetworkInfo builtin(const std::string& name, const std::string& driver) {
  engine::NetworkInfo network;
  network.name = name;
  network.driver = driver;
  network.id = builtin_network_id(name);
  return network;
}

}  // namespace

std::string builtin_network_id(const std::string& network) {
  return engine::sha256_hex("compose network " + network);
}

bool is_builtin(const std::string& network) {
  return network == engine::kDefaultNetwork || network == "host" || network == "none";
}

std::vector<engine::NetworkInfo> all_networks(Context& context) {
  std::vector<engine::NetworkInfo> networks = context.engine().networks();
  const bool has_default = std::any_of(networks.begin(), networks.end(), [](const auto& network) {
    return network.name == engine::kDefaultNetwork;
  });
  if (!has_default) networks.push_back(builtin(engine::kDefaultNetwork, "bridge"));
  networks.push_back(builtin("host", "host"));
  networks.push_back(builtin("none", "null"));
  std::sort(networks.begin(), networks.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return networks;
}

std::optional<engine::NetworkInfo> find_network(const std::vector<engine::NetworkInfo>& networks,
                                                const std::string& name) {
  std::vector<const engine::NetworkInfo*> begins;
  for (const engine::NetworkInfo& network : networks)
    if (network.name == name) return network;
  for (const engine::NetworkInfo& network : networks)
    if (!name.empty() && network.id.starts_with(name)) begins.push_back(&network);
  if (begins.empty()) return std::nullopt;
  if (begins.size() > 1)
    throw engine::Error(engine::Error::Kind::kConflict,
                        "'" + name + "' is the beginning of more than one network id (" + begins[0]->name +
                            ", " + begins[1]->name + "); give more digits");
  return *begins.front();
}

engine::NetworkInfo named_network(Context& context, const std::string& name) {
  auto found = find_network(all_networks(context), name);
  if (!found) throw engine::Error(engine::Error::Kind::kNotFound, "no such network: " + name);
  return std::move(*found);
}

int network_command(Context& context, const Words& args) {
  return run_subcommand(context, "network",
                        {{"connect", network_connect, "Put a container on a network"},
                         {"create", network_create, "Make a network"},
                         {"disconnect", network_disconnect, "Take a container off a network"},
                         {"doctor", network_doctor, "Say what is wrong with networks, and what helps"},
                         {"inspect", network_inspect, "Show all about networks"},
                         {"ls", network_ls, "List networks"},
                         {"list", network_ls, "The same"},
                         {"prune", network_prune, "Remove networks that no container is on"},
                         {"rm", network_rm, "Remove networks"},
                         {"remove", network_rm, "The same"}},
                        args);
}

}  // namespace compose::cli
