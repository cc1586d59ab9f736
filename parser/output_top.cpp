// What stands beside the services: networks, volumes, configs, secrets, models.
#include "parser/output_tree.h"

namespace parser {

namespace {

Json ipam_tree(const Network& network) {
  Json map = Json::object();
  put(map, "driver", network.ipam_driver);
  for (const IpamPool& pool : network.ipam) {
    Json config = Json::object();
    put(config, "subnet", pool.subnet);
    put(config, "gateway", pool.gateway);
    put(config, "ip_range", pool.ip_range);
    put(config, "aux_addresses", pool.aux_addresses);
    put_extensions(config, pool.extensions);
    map["config"].push_back(std::move(config));
  }
  put(map, "options", network.ipam_options);
  put_extensions(map, network.ipam_extensions);
  return map;
}

}  // namespace

Json network_tree(const Network& network, bool json) {
  Json map = Json::object();
  put(map, "name", network.name);
  if (network.driver_given) put(map, "driver", network.driver);
  put(map, "driver_opts", network.driver_opts);
  Json ipam = ipam_tree(network);
  if ((json && !network.external) || !ipam.empty()) map["ipam"] = std::move(ipam);
  put(map, "external", network.external);
  put(map, "internal", network.internal);
  put(map, "attachable", network.attachable);
  put(map, "labels", network.labels);
  if (network.enable_ipv4) map["enable_ipv4"] = *network.enable_ipv4;
  if (network.enable_ipv6) map["enable_ipv6"] = *network.enable_ipv6;
  put_extensions(map, network.extensions);
  return map;
}

Json volume_tree(const Volume& volume) {
  Json map = Json::object();
  put(map, "name", volume.name);
  if (volume.driver_given) put(map, "driver", volume.driver);
  put(map, "driver_opts", volume.driver_opts);
  put(map, "external", volume.external);
  put(map, "labels", volume.labels);
  put_extensions(map, volume.extensions);
  return map;
}

Json file_object_tree(const FileObject& object) {
  Json map = Json::object();
  put(map, "name", object.name);
  put(map, "file", object.file);
  put(map, "environment", object.environment);
  if (object.content) map["content"] = *object.content;
  put(map, "external", object.external);
  put(map, "labels", object.labels);
  put(map, "driver", object.driver);
  put(map, "driver_opts", object.driver_opts);
  put(map, "template_driver", object.template_driver);
  put_extensions(map, object.extensions);
  return map;
}

Json model_tree(const Model& model) {
  Json map = Json::object();
  put(map, "name", model.name);
  put(map, "model", model.model);
  put_number(map, "context_size", model.context_size);
  put(map, "runtime_flags", model.runtime_flags);
  put_extensions(map, model.extensions);
  return map;
}

}  // namespace parser
