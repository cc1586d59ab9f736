#include "engine/published_ports.h"

#include "engine/error.h"
#include "engine/interfaces.h"
#include "engine/network_of_record.h"
#include "netmgr/address.h"

namespace engine {

namespace {

constexpr char kAnyIpv4[] = "0.0.0.0";

// Every address has one spelling, or rows would not meet.
std::string canonical_host(const std::string& text) {
  if (text == kAnyIpv4) return "";
  const auto address = netmgr::parse_address(text);
  return address ? netmgr::format_address(*address) : text;
}

std::string shown(const PublishedPort& port) {
  return netmgr::host_and_port(port.host_ip, std::to_string(port.host_port)) + ':' +
         std::to_string(port.container_port);
}

}  // namespace

std::vector<std::string> host_addresses(const PublishedPort& port, const ContainerRecord& record,
                                        const std::vector<NetworkRecord>& networks) {
  const EndpointRecord* v4 = publishing_endpoint(record, networks, false);
  const EndpointRecord* v6 = publishing_endpoint(record, networks, true);
  if (record.endpoints.empty()) return {canonical_host(port.host_ip)};  // until it is on a network
  if (v4 == nullptr && v6 == nullptr) return {};
  if (!port.host_ip.empty()) {
    const bool wants_v6 = netmgr::is_ipv6(port.host_ip);
    if (canonical_host(port.host_ip) == "::1")
      throw Error(Error::Kind::kInvalid,
                  "container " + record.config.name + ": port " + shown(port) +
                      " cannot be published: the kernel does not route from ::1; publish it on 127.0.0.1");
    if ((wants_v6 ? v6 : v4) == nullptr)
      throw Error(Error::Kind::kInvalid,
                  "container " + record.config.name + ": port " + shown(port) +
                      " cannot be published: it has no " +
                      (wants_v6 ? "IPv6 address on its networks; give one of them enable_ipv6: true"
                                : "IPv4 address on its networks"));
    return {canonical_host(port.host_ip)};
  }
  std::vector<std::string> hosts;
  if (v4 != nullptr) {
    const std::string binding =
        netmgr::option_of(to_netmgr(network_of(*v4, networks)), netmgr::kBridgeHostBinding);
    hosts.push_back(canonical_host(binding));
    if (!hosts.back().empty()) return hosts;  // it is meant to be reached there alone
  }
  if (v6 != nullptr) hosts.emplace_back("::");
  return hosts;
}

std::vector<netmgr::Publish> to_publish(const ContainerRecord& record,
                                        const std::vector<NetworkRecord>& networks) {
  std::vector<netmgr::Publish> list;
  if (record.ports.empty()) return list;
  const EndpointRecord* v4 = publishing_endpoint(record, networks, false);
  const EndpointRecord* v6 = publishing_endpoint(record, networks, true);
  for (const PublishedPort& port : record.ports) {
    const bool is_v6 = netmgr::is_ipv6(port.host_ip);
    const EndpointRecord* to = is_v6 ? v6 : v4;
    if (to == nullptr) continue;
    list.push_back({canonical_host(port.host_ip), port.host_port, address_of(*to, is_v6), port.container_port,
                    port.protocol});
  }
  return list;
}

}  // namespace engine
