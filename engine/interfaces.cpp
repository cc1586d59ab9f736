#include "engine/interfaces.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "engine/error.h"

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

std::vector<std::string> interface_names(const ContainerRecord& record,
                                         const std::vector<NetworkRecord>& networks) {
  std::vector<std::string> names;
  std::set<std::string> asked;
  for (const EndpointRecord& endpoint : record.endpoints) {
    const AttachmentConfig* attachment = attachment_of(record, endpoint, networks);
    names.push_back(attachment != nullptr ? attachment->interface_name : "");
    if (names.back().empty() || asked.insert(names.back()).second) continue;
    throw Error(Error::Kind::kInvalid, "container " + record.config.name + ": two of its networks ask for " +
                                           "the interface " + names.back());
  }
  int number = 0;
  for (std::string& name : names) {
    while (name.empty()) {
      const std::string next = "eth" + std::to_string(number++);
      if (!asked.contains(next)) name = next;
    }
  }
  return names;
}

const EndpointRecord* gateway_endpoint(const ContainerRecord& record,
                                       const std::vector<NetworkRecord>& networks) {
  const EndpointRecord* best = nullptr;
  std::tuple<int, std::string> rank_of_best;
  for (const EndpointRecord& endpoint : record.endpoints) {
    const NetworkRecord& network = network_of(endpoint, networks);
    if (network.config.internal) continue;
    const AttachmentConfig* attachment = attachment_of(record, endpoint, networks);
    const int priority = attachment != nullptr ? attachment->gateway_priority : 0;
    std::tuple<int, std::string> rank{-priority, network.config.name};
    if (best != nullptr && rank_of_best <= rank) continue;
    best = &endpoint;
    rank_of_best = std::move(rank);
  }
  return best;
}

}  // namespace engine
