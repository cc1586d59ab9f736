// network connect and network disconnect.
#include <algorithm>
#include <cstdint>

#include "compose/cli/arguments.h"
#include "compose/cli/container.h"
#include "compose/cli/failure.h"
#include "compose/cli/name_values.h"
#include "compose/cli/network/subcommands.h"
#include "engine/error.h"
#include "netmgr/address.h"

namespace compose::cli {
namespace {

engine::NetworkInfo attachable_network(Context& context, const std::string& name) {
  engine::NetworkInfo network = named_network(context, name);
  if (network.name == "host" || network.name == "none")
    throw CommandError("containers cannot be connected to network " + network.name +
                       ", or disconnected from it: it is what 'container run --network " + network.name +
                       "' gives");
  return network;
}

// "CONTAINER[:ALIAS]"
void add_link(Context& context, const std::string& link, engine::AttachmentConfig& attachment) {
  const size_t colon = link.find(':');
  const std::string name = link.substr(0, colon);
  const engine::ContainerInfo other = named_container(context, name);
  const std::string alias = colon == std::string::npos ? other.name : link.substr(colon + 1);
  if (alias.empty() || alias.find(':') != std::string::npos)
    throw CommandError("invalid --link '" + link + "': write CONTAINER or CONTAINER:ALIAS");
  bool shared = false;
  for (const auto& endpoint : other.endpoints) shared = shared || endpoint.network == attachment.network;
  if (!shared) throw CommandError("--link: container " + name + " is not on network " + attachment.network);
  attachment.links[alias] = other.name;
}

}  // namespace

int network_connect(Context& context, const Words& args) {
  engine::AttachmentConfig attachment;
  Words links, options;
  Arguments arguments("network connect [OPTIONS] NETWORK CONTAINER",
                      "Put a container on a network, for good and at once when it runs.");
  arguments.list("--alias", attachment.aliases, "Further name on this network");
  arguments.option("--ip", attachment.ipv4_address, "IPv4 address on this network");
  arguments.option("--ip6", attachment.ipv6_address, "IPv6 address on this network");
  arguments.list("--link-local-ip", attachment.link_local_ips, "Further address of its interface there");
  arguments.list("--driver-opt", options, "NAME=VALUE for the endpoint");
  arguments.list("--link", links, "CONTAINER[:ALIAS] to reach by name");
  std::optional<int64_t> priority;
  arguments.option("--gw-priority", priority, "The network with the highest gives the default route");
  arguments.positionals(2, 2, "NETWORK and CONTAINER");
  const Words words = arguments.parse(args);
  attachment.driver_opts = name_values("--driver-opt", options, true);
  for (auto& [flag, address] :
       {std::pair{"--ip", &attachment.ipv4_address}, {"--ip6", &attachment.ipv6_address}}) {
    const bool wants_v6 = flag == std::string("--ip6");
    if (!address->empty() && (!netmgr::parse_address(*address) || netmgr::is_ipv6(*address) != wants_v6))
      throw CommandError(std::string(flag) + " '" + *address + "' is not an " + (wants_v6 ? "IPv6" : "IPv4") +
                         " address");
  }
  attachment.network = attachable_network(context, words[0]).name;
  if (priority)
    attachment.gateway_priority = static_cast<int>(std::clamp<int64_t>(*priority, INT32_MIN, INT32_MAX));
  for (const std::string& link : links) add_link(context, link, attachment);
  with_container_locked(context, "connect", words[1], [&](const engine::ContainerInfo& container) {
    context.engine().connect_network(container.id, attachment);
  });
  return 0;
}

int network_disconnect(Context& context, const Words& args) {
  bool force = false;
  Arguments arguments("network disconnect [OPTIONS] NETWORK CONTAINER", "Take a container off a network.");
  arguments.flag("-f,--force", force, "A container that is gone, or not on it, is no error");
  arguments.positionals(2, 2, "NETWORK and CONTAINER");
  const Words words = arguments.parse(args);
  const std::string network = attachable_network(context, words[0]).name;
  try {
    with_container_locked(context, "disconnect", words[1], [&](const engine::ContainerInfo& container) {
      context.engine().disconnect_network(container.id, network);
    });
  } catch (const engine::Error& error) {
    const bool not_there =
        error.kind() == engine::Error::Kind::kNotFound || error.kind() == engine::Error::Kind::kConflict;
    if (!force || !not_there) throw;
  }
  return 0;
}

}  // namespace compose::cli
