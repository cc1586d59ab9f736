#include "compose/cli/container/described_network.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/cli/network/subcommands.h"
#include "compose/plan/inventory.h"
#include "engine/effective_config.h"
#include "engine/image/digest.h"

namespace compose::cli {
namespace {

using nlohmann::ordered_json;

std::string key_of(const engine::PublishedPort& port) {
  return std::to_string(port.container_port) + '/' + port.protocol;
}

std::string with_protocol(const std::string& port) {
  return port.find('/') == std::string::npos ? port + "/tcp" : port;
}

template <typename List>
ordered_json list_or_null(const List& list) {
  return list.empty() ? ordered_json(nullptr) : ordered_json(list);
}

bool is_on_default(const engine::ContainerConfig& config) {
  return !config.networks.empty() && config.networks.front().network == engine::kDefaultNetwork;
}

// What was asked for of an endpoint; null when nothing was.
ordered_json asked_address(const engine::AttachmentConfig& attachment) {
  auto asked = ordered_json::object();
  if (!attachment.ipv4_address.empty()) asked["IPv4Address"] = attachment.ipv4_address;
  if (!attachment.ipv6_address.empty()) asked["IPv6Address"] = attachment.ipv6_address;
  if (!attachment.link_local_ips.empty()) asked["LinkLocalIPs"] = attachment.link_local_ips;
  return asked.empty() ? ordered_json(nullptr) : asked;
}

engine::AttachmentConfig attachment_of(const engine::ContainerConfig& config, const std::string& network) {
  for (const engine::AttachmentConfig& attachment : config.networks)
    if (attachment.network == network) return attachment;
  return {};
}

ordered_json described(const engine::EndpointInfo& endpoint, const engine::ContainerInfo& container,
                       const engine::ContainerConfig& config) {
  const bool up = is_up(container);
  const engine::AttachmentConfig attachment = attachment_of(config, endpoint.network);
  const std::vector<std::string> names =
      engine::names_on(endpoint.network, endpoint.aliases, config, container.id);
  std::vector<std::string> links;
  if (endpoint.network != engine::kDefaultNetwork)
    for (const auto& [alias, target] : config.links) links.push_back(target + ':' + alias);
  return {{"IPAMConfig", asked_address(attachment)},
          {"Links", list_or_null(links)},
          {"Aliases", list_or_null(endpoint.aliases)},
          {"MacAddress", up ? endpoint.mac : ""},
          {"NetworkID", endpoint.network_id},
          {"EndpointID", endpoint_id(container, endpoint.network_id)},
          {"Gateway", up ? endpoint.gateway : ""},
          {"IPAddress", up ? endpoint.address : ""},
          {"IPPrefixLen", up ? endpoint.prefix : 0},
          {"IPv6Gateway", up ? endpoint.gateway6 : ""},
          {"GlobalIPv6Address", up ? endpoint.address6 : ""},
          {"GlobalIPv6PrefixLen", up ? endpoint.prefix6 : 0},
          {"DriverOpts", list_or_null(attachment.driver_opts)},
          {"DNSNames", names}};
}

// Of network mode host or none, which are no networks but listed as such.
ordered_json described_mode(const engine::ContainerInfo& container, const engine::ContainerConfig& config) {
  engine::EndpointInfo endpoint;
  endpoint.network = config.network_mode;
  endpoint.network_id = builtin_network_id(config.network_mode);
  ordered_json mode = described(endpoint, container, config);
  mode["DNSNames"] = nullptr;
  return mode;
}

// The network namespace, for nsenter(1) and its like.
std::string sandbox_key(const engine::ContainerInfo& container) {
  const engine::Status& status = container.status;
  return has_program(status) ? "/proc/" + std::to_string(status.process.pid) + "/ns/net" : "";
}

}  // namespace

std::string endpoint_id(const engine::ContainerInfo& container, const std::string& network_id) {
  return is_up(container) ? engine::sha256_hex("endpoint " + container.id + ' ' + network_id) : "";
}

std::string network_mode_of(const engine::ContainerConfig& config) {
  if (!config.network_mode.empty()) return config.network_mode;
  return config.networks.empty() ? "none" : config.networks.front().network;
}

ordered_json bindings_of(const std::vector<engine::PublishedPort>& ports,
                         const std::vector<std::string>& expose) {
  auto bindings = ordered_json::object();
  for (const std::string& port : expose) bindings[with_protocol(port)] = nullptr;
  for (const engine::PublishedPort& port : ports)
    bindings[key_of(port)].push_back(
        {{"HostIp", port.host_ip.empty() ? "0.0.0.0" : port.host_ip},
         {"HostPort", port.host_port == 0 ? "" : std::to_string(port.host_port)}});
  return bindings;
}

ordered_json links_of(const engine::ContainerConfig& config) {
  auto links = ordered_json::array();
  if (is_on_default(config))
    for (const auto& [alias, target] : config.links)
      links.push_back('/' + target + ":/" + config.name + '/' + alias);
  return list_or_null(links);
}

ordered_json network_settings_of(const engine::ContainerInfo& container,
                                 const engine::ContainerConfig& config) {
  auto networks = ordered_json::object();
  // Who has another's network has no endpoint: that is the other's.
  if (config.network_mode == "none" || config.network_mode == "host")
    networks[config.network_mode] = described_mode(container, config);
  for (const engine::EndpointInfo& endpoint : container.endpoints)
    networks[endpoint.network] = described(endpoint, container, config);
  ordered_json settings{
      {"Bridge", ""},
      {"Ports", is_up(container) ? bindings_of(container.ports, container.expose) : ordered_json::object()},
      {"SandboxKey", sandbox_key(container)}};
  // Of the default network Docker shows the endpoint here too, for programs older than networks.
  const auto on_default =
      std::find_if(container.endpoints.begin(), container.endpoints.end(),
                   [](const auto& endpoint) { return endpoint.network == engine::kDefaultNetwork; });
  const bool shown = on_default != container.endpoints.end() && is_up(container);
  settings["Gateway"] = shown ? on_default->gateway : "";
  settings["IPAddress"] = shown ? on_default->address : "";
  settings["IPPrefixLen"] = shown ? on_default->prefix : 0;
  settings["MacAddress"] = shown ? on_default->mac : "";
  settings["Networks"] = std::move(networks);
  return settings;
}

}  // namespace compose::cli
