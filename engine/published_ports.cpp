#include "engine/published_ports.h"

#include "engine/interfaces.h"

namespace engine {

std::vector<netmgr::Publish> to_publish(const ContainerRecord& record,
                                        const std::vector<NetworkRecord>& networks) {
  std::vector<netmgr::Publish> list;
  if (record.endpoints.empty() || record.ports.empty()) return list;
  const EndpointRecord* gateway = gateway_endpoint(record, networks);
  const std::string& address = gateway != nullptr ? gateway->address : record.endpoints.front().address;
  for (const PublishedPort& port : record.ports) {
    list.push_back({port.host_ip == "0.0.0.0" ? "" : port.host_ip, port.host_port, address,
                    port.container_port, port.protocol});
  }
  return list;
}

}  // namespace engine
