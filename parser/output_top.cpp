// Networks and volumes.
#include "parser/output_tree.h"

namespace parser {

Json network_tree(const Network& network) {
  Json map = Json::object();
  map["name"] = network.name;
  if (network.driver != "bridge") put(map, "driver", network.driver);
  put(map, "driver_opts", network.driver_opts);
  for (const IpamPool& pool : network.ipam) {
    Json config = Json::object();
    put(config, "subnet", pool.subnet);
    put(config, "gateway", pool.gateway);
    map["ipam"]["config"].push_back(config);
  }
  put(map, "external", network.external);
  put(map, "internal", network.internal);
  put(map, "labels", network.labels);
  put_extensions(map, network.extensions);
  return map;
}

Json volume_tree(const Volume& volume) {
  Json map = Json::object();
  map["name"] = volume.name;
  if (volume.driver != "local") put(map, "driver", volume.driver);
  put(map, "driver_opts", volume.driver_opts);
  put(map, "external", volume.external);
  put(map, "labels", volume.labels);
  put_extensions(map, volume.extensions);
  return map;
}

}  // namespace parser
