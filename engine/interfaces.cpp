#include "engine/interfaces.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "engine/error.h"
#include "engine/network_of_record.h"

namespace engine {

const NetworkRecord& network_of(const EndpointRecord& endpoint, const std::vector<NetworkRecord>& networks) {
  const auto found = std::find_if(networks.begin(), networks.end(), [&](const NetworkRecord& network) {
    return network.id == endpoint.network_id;
  });
  if (found == networks.end())
    throw Error(Error::Kind::kInternal, "an endpoint names a network that is gone");
  return *found;
}

const AttachmentConfig* attachment_of(const ContainerRecord& record, const EndpointRecord& endpoint,
                                      const std::vector<NetworkRecord>& networks) {
  const std::string& name = network_of(endpoint, networks).config.name;
  for (const AttachmentConfig& attachment : record.config.networks)
    if (attachment.network == name) return &attachment;
  return nullptr;
}

std::string asked_interface(const AttachmentConfig* attachment) {
  if (attachment == nullptr || !attachment->interface_name.empty())
    return attachment == nullptr ? "" : attachment->interface_name;
  const auto option = attachment->driver_opts.find(netmgr::kEndpointInterface);
  return option == attachment->driver_opts.end() ? "" : option->second;
}

std::vector<std::string> interface_names(const ContainerRecord& record,
                                         const std::vector<NetworkRecord>& networks) {
  std::vector<std::string> names;
  std::set<std::string> asked;
  for (const EndpointRecord& endpoint : record.endpoints) {
    names.push_back(asked_interface(attachment_of(record, endpoint, networks)));
    if (names.back().empty() || asked.insert(names.back()).second) continue;
    throw Error(Error::Kind::kInvalid, "container " + record.config.name + ": two of its networks ask for " +
                                           "the interface " + names.back());
  }
  std::map<std::string, int> numbers;  // by prefix
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string prefix = netmgr::interface_prefix(to_netmgr(network_of(record.endpoints[i], networks)));
    while (names[i].empty()) {
      const std::string next = prefix + std::to_string(numbers[prefix]++);
      if (asked.insert(next).second) names[i] = next;
    }
  }
  return names;
}

const std::string& address_of(const EndpointRecord& endpoint, bool v6) {
  return v6 ? endpoint.address6 : endpoint.address;
}

const EndpointRecord* gateway_endpoint(const ContainerRecord& record,
                                       const std::vector<NetworkRecord>& networks, bool v6) {
  const EndpointRecord* best = nullptr;
  std::tuple<int, std::string> rank_of_best;
  for (const EndpointRecord& endpoint : record.endpoints) {
    const NetworkRecord& network = network_of(endpoint, networks);
    if (address_of(endpoint, v6).empty() || !leads_out(network)) continue;
    const AttachmentConfig* attachment = attachment_of(record, endpoint, networks);
    const int priority = attachment != nullptr ? attachment->gateway_priority : 0;
    std::tuple<int, std::string> rank{-priority, network.config.name};
    if (best != nullptr && rank_of_best <= rank) continue;
    best = &endpoint;
    rank_of_best = std::move(rank);
  }
  return best;
}

const EndpointRecord* publishing_endpoint(const ContainerRecord& record,
                                          const std::vector<NetworkRecord>& networks, bool v6) {
  const auto publishes = [&](const EndpointRecord& endpoint) {
    const netmgr::Driver* driver = netmgr::find_driver(network_of(endpoint, networks).config.driver);
    return driver != nullptr && driver->publishes() && !address_of(endpoint, v6).empty();
  };
  const EndpointRecord* gateway = gateway_endpoint(record, networks, v6);
  if (gateway != nullptr && publishes(*gateway)) return gateway;
  const auto first = std::find_if(record.endpoints.begin(), record.endpoints.end(), publishes);
  return first == record.endpoints.end() ? nullptr : &*first;
}

netmgr::Endpoint link_of(const ContainerRecord& record, const EndpointRecord& endpoint,
                         const std::string& interface, const std::vector<NetworkRecord>& networks) {
  netmgr::Endpoint link;
  link.container_id = record.id;
  link.interface = interface;
  link.address = endpoint.address;
  link.address6 = endpoint.address6;
  link.mac = endpoint.mac;
  link.default_route = gateway_endpoint(record, networks, false) == &endpoint;
  link.default_route6 = gateway_endpoint(record, networks, true) == &endpoint;
  if (const AttachmentConfig* attachment = attachment_of(record, endpoint, networks)) {
    link.settings = netmgr::endpoint_settings(attachment->driver_opts);
    link.link_local = attachment->link_local_ips;
  }
  return link;
}

}  // namespace engine
