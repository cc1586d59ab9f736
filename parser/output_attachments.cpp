// What is attached to a service from outside, as `compose config` shows it.
#include <fmt/format.h>

#include "parser/output_tree.h"

namespace parser {

Json port_tree(const Port& port) {
  Json map = Json::object();
  put(map, "name", port.name);
  map["mode"] = port.mode;
  put(map, "host_ip", port.host_ip);
  map["target"] = port.target;
  if (port.published != 0)
    map["published"] = port.published == port.published_end
                           ? std::to_string(port.published)
                           : fmt::format("{}-{}", port.published, port.published_end);
  map["protocol"] = port.protocol;
  put(map, "app_protocol", port.app_protocol);
  put_extensions(map, port.extensions);
  return map;
}

namespace {

const char* name_of(VolumeMount::Type type) {
  switch (type) {
    case VolumeMount::Type::kVolume:
      return "volume";
    case VolumeMount::Type::kBind:
      return "bind";
    case VolumeMount::Type::kTmpfs:
      return "tmpfs";
    case VolumeMount::Type::kImage:
      return "image";
    case VolumeMount::Type::kCluster:
      return "cluster";
    case VolumeMount::Type::kNamedPipe:
      break;
  }
  return "npipe";
}

Json bind_tree(const VolumeMount& mount) {
  Json part = Json::object();
  put(part, "selinux", mount.selinux);
  put(part, "propagation", mount.propagation);
  if (mount.type == VolumeMount::Type::kBind) part["create_host_path"] = mount.create_host_path;
  put(part, "recursive", mount.recursive);
  return part;
}

void put_part(Json& map, const VolumeMount& mount) {
  Json part = Json::object();
  switch (mount.type) {
    case VolumeMount::Type::kBind:
      part = bind_tree(mount);
      break;
    case VolumeMount::Type::kVolume:
      put(part, "labels", mount.labels);
      put(part, "nocopy", mount.nocopy);
      put(part, "subpath", mount.subpath);
      if (!mount.selinux.empty()) map["bind"] = bind_tree(mount);
      break;
    case VolumeMount::Type::kTmpfs:
      put_size(part, "size", mount.tmpfs_size);
      if (mount.tmpfs_mode != 0) part["mode"] = fmt::format("{:04o}", mount.tmpfs_mode);
      break;
    case VolumeMount::Type::kImage:
      put(part, "subpath", mount.subpath);
      break;
    case VolumeMount::Type::kCluster:
    case VolumeMount::Type::kNamedPipe:
      return;
  }
  put_extensions(part, mount.part_extensions);
  if (mount.type != VolumeMount::Type::kImage || !part.empty()) map[name_of(mount.type)] = std::move(part);
}

}  // namespace

Json mount_tree(const VolumeMount& mount) {
  Json map = Json::object();
  map["type"] = name_of(mount.type);
  put(map, "source", mount.source);
  map["target"] = mount.target;
  put(map, "read_only", mount.read_only);
  put(map, "consistency", mount.consistency);
  put_part(map, mount);
  put_extensions(map, mount.extensions);
  return map;
}

Json device_tree(const Device& device) {
  Json map = Json::object();
  map["source"] = device.source;
  map["target"] = device.target;
  map["permissions"] = device.permissions;
  put_extensions(map, device.extensions);
  return map;
}

Json service_networks_tree(const std::map<std::string, ServiceNetwork>& networks) {
  Json map = Json::object();
  for (const auto& [key, network] : networks) {
    Json item = Json::object();
    put(item, "aliases", network.aliases);
    put(item, "driver_opts", network.driver_opts);
    put_number(item, "gw_priority", network.gw_priority);
    put(item, "interface_name", network.interface_name);
    put(item, "ipv4_address", network.ipv4_address);
    put(item, "ipv6_address", network.ipv6_address);
    put(item, "link_local_ips", network.link_local_ips);
    put(item, "mac_address", network.mac_address);
    put_number(item, "priority", network.priority);
    put_extensions(item, network.extensions);
    map[key] = item.empty() ? Json() : item;
  }
  return map;
}

}  // namespace parser
