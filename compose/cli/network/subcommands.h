#pragma once
// The commands of `compose network`, and what they share. Beside the engine's networks there are three that
// every engine has and nobody removes: bridge, which containers without a network of their own are on, and
// host and none, which are no networks but say that a container has the host's, or none.
#include <optional>
#include <string>
#include <vector>

#include "compose/cli/commands.h"
#include "engine/model.h"

namespace compose::cli {

int network_connect(Context& context, const Words& args);
int network_create(Context& context, const Words& args);
int network_disconnect(Context& context, const Words& args);
int network_doctor(Context& context, const Words& args);
int network_inspect(Context& context, const Words& args);
int network_ls(Context& context, const Words& args);
int network_prune(Context& context, const Words& args);
int network_rm(Context& context, const Words& args);

bool is_builtin(const std::string& network);
// Of one of the three: the same on every machine.
std::string builtin_network_id(const std::string& network);
// The engine's networks by name, the three among them; of `bridge` what it is while there is a container on
// it.
std::vector<engine::NetworkInfo> all_networks(Context& context);
// By name, else by the beginning of an id. Throws engine::Error(kConflict) when several begin so.
std::optional<engine::NetworkInfo> find_network(const std::vector<engine::NetworkInfo>& networks,
                                                const std::string& name);
// The same among all_networks; throws engine::Error(kNotFound) too.
engine::NetworkInfo named_network(Context& context, const std::string& name);

}  // namespace compose::cli
