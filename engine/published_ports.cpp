#include "engine/published_ports.h"

namespace engine {

std::vector<netmgr::Publish> to_publish(const ContainerRecord& record) {
  std::vector<netmgr::Publish> list;
  if (record.endpoints.empty()) return list;
  for (const PublishedPort& port : record.ports) {
    list.push_back({port.host_ip == "0.0.0.0" ? "" : port.host_ip, port.host_port,
                    record.endpoints.front().address, port.container_port, port.protocol});
  }
  return list;
}

}  // namespace engine
