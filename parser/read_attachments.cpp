// What a container is attached to: ports, mounts, networks.
#include <arpa/inet.h>

#include <cctype>

#include "parser/port_syntax.h"
#include "parser/reader.h"
#include "parser/units.h"
#include "parser/volume_syntax.h"

namespace parser {

namespace {

Port read_port(Reader& reader, const Node& item, const Path& path) {
  Port port;
  port.mark = item.mark();
  const auto with = [&](const char* name, const auto& read) {
    if (const Node* node = item.find(name)) reader.guard(*node, path.key(name), [&] { read(*node); });
  };
  with("target",
       [&](const Node& node) { port.target = parse_port_range(node.text, "container port").first; });
  with("published", [&](const Node& node) {
    if (node.text.empty()) return;
    const PortRange range = parse_port_range(node.text, "host port");
    port.published = range.first;
    port.published_end = range.last;
  });
  with("host_ip", [&](const Node& node) {
    if (!node.text.empty()) check_host_ip(node.text);
    port.host_ip = node.text;
  });
  with("protocol", [&](const Node& node) {
    check_protocol(node.text);
    port.protocol = node.text;
  });
  with("mode", [&](const Node& node) {
    if (node.text != "ingress" && node.text != "host")
      throw ValueError("unknown mode '" + node.text + "'", did_you_mean(node.text, {"ingress", "host"}));
    port.mode = node.text;
  });
  with("name", [&](const Node& node) { port.name = node.text; });
  with("app_protocol", [&](const Node& node) { port.app_protocol = node.text; });
  if (item.find("target") == nullptr && !item.damaged)
    reader.report().error(item.mark(), path.to_string(), "port without 'target', the port in the container");
  return port;
}

void read_mount_options(Reader& reader, const Node& item, const Path& path, VolumeMount& mount) {
  static constexpr struct {
    std::string_view name;
    VolumeMount::Type type;
  } kOptions[] = {{"bind", VolumeMount::Type::kBind},
                  {"volume", VolumeMount::Type::kVolume},
                  {"tmpfs", VolumeMount::Type::kTmpfs}};
  for (const auto& option : kOptions)
    if (const Node* node = item.find(option.name); node != nullptr && option.type != mount.type)
      reader.report().error(node->mark(), path.to_string(),
                            "'" + std::string(option.name) + "' does not go with this type of mount");
  if (const Node* bind = item.find("bind")) {
    if (const Node* propagation = bind->find("propagation"))
      reader.guard(*propagation, path.key("bind").key("propagation"), [&] {
        check_propagation(propagation->text);
        mount.propagation = propagation->text;
      });
    if (const Node* create = bind->find("create_host_path"))
      mount.create_host_path = reader.flag(*create, path.key("bind").key("create_host_path"));
  }
  if (const Node* volume = item.find("volume"))
    if (const Node* nocopy = volume->find("nocopy"))
      mount.nocopy = reader.flag(*nocopy, path.key("volume").key("nocopy"));
  if (const Node* tmpfs = item.find("tmpfs")) {
    if (const Node* size = tmpfs->find("size"))
      mount.tmpfs_size = reader.bytes(*size, path.key("tmpfs").key("size"));
    if (const Node* mode = tmpfs->find("mode"))
      reader.guard(*mode, path.key("tmpfs").key("mode"),
                   [&] { mount.tmpfs_mode = parse_octal_mode(mode->text); });
  }
}

VolumeMount read_mount(Reader& reader, const Node& item, const Path& path) {
  VolumeMount mount;
  mount.mark = item.mark();
  const Node* type = item.find("type");
  if (type == nullptr) {
    if (!item.damaged)
      reader.report().error(item.mark(), path.to_string(), "mount without 'type'",
                            "it is bind, volume or tmpfs");
    return mount;
  }
  if (type->text == "image" || type->text == "cluster" || type->text == "npipe")
    reader.report().error(type->mark(), path.key("type").to_string(),
                          "mount type '" + type->text + "' is not supported yet");
  if (type->text == "bind") mount.type = VolumeMount::Type::kBind;
  if (type->text == "tmpfs") mount.type = VolumeMount::Type::kTmpfs;

  const Node* source = item.find("source");
  const bool given = source != nullptr && !source->text.empty();
  if (given && mount.type == VolumeMount::Type::kTmpfs)
    reader.report().error(source->mark(), path.to_string(), "a tmpfs has no 'source'");
  else if (given)
    mount.source = source->text;
  else if (mount.type == VolumeMount::Type::kBind && !item.damaged)
    reader.report().error(item.mark(), path.to_string(), "bind mount without 'source', the path on the host");

  if (const Node* target = item.find("target")) {
    mount.target = target->text;
    if (mount.target.empty() || mount.target[0] != '/')
      reader.report().error(target->mark(), path.key("target").to_string(),
                            "mount target '" + mount.target + "' is not an absolute path of the container");
  } else if (!item.damaged) {
    reader.report().error(item.mark(), path.to_string(), "mount without 'target', the path in the container");
  }
  if (const Node* read_only = item.find("read_only"))
    mount.read_only = reader.flag(*read_only, path.key("read_only"));
  if (const Node* consistency = item.find("consistency"))
    reader.guard(*consistency, path.key("consistency"), [&] { check_consistency(consistency->text); });
  read_mount_options(reader, item, path, mount);
  return mount;
}

void apply_tmpfs_option(const std::string& option, VolumeMount& mount) {
  const size_t equals = option.find('=');
  const std::string name = option.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : option.substr(equals + 1);
  if (option == "ro" || option == "rw") {
    mount.read_only = option == "ro";
  } else if (name == "size") {
    mount.tmpfs_size = parse_bytes(value);
  } else if (name == "mode") {
    mount.tmpfs_mode = parse_octal_mode(value);
  } else {
    const std::string hint = did_you_mean(name, {"size", "mode", "ro", "rw"});
    throw ValueError("tmpfs option '" + option + "' is not supported yet",
                     hint.empty() ? "size, mode, ro and rw are" : hint);
  }
}

bool is_mac_address(const std::string& text) {
  constexpr size_t kLength = 17;
  if (text.size() != kLength) return false;
  for (size_t i = 0; i < kLength; ++i)
    if (i % 3 == 2 ? text[i] != ':' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  return true;
}

}  // namespace

void read_ports(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  for (size_t i = 0; i < node.items.size(); ++i)
    draft.service.ports.push_back(read_port(reader, node.items[i], path.index(i)));
}

void read_mounts(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  for (size_t i = 0; i < node.items.size(); ++i)
    draft.service.volumes.push_back(read_mount(reader, node.items[i], path.index(i)));
}

void read_tmpfs(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Node& item = node.items[i];
    VolumeMount mount;
    mount.type = VolumeMount::Type::kTmpfs;
    mount.mark = item.mark();
    reader.guard(item, path.index(i), [&] {
      const size_t colon = item.text.find(':');
      mount.target = item.text.substr(0, colon);
      if (mount.target.empty() || mount.target[0] != '/')
        throw ValueError("mount target '" + mount.target + "' is not an absolute path of the container");
      std::string rest = colon == std::string::npos ? "" : item.text.substr(colon + 1);
      while (!rest.empty()) {
        const size_t comma = rest.find(',');
        apply_tmpfs_option(rest.substr(0, comma), mount);
        rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
      }
    });
    draft.service.volumes.push_back(std::move(mount));
  }
}

void read_service_networks(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  for (const Entry& entry : node.entries) {
    ServiceNetwork& network = draft.service.networks[entry.key];
    network.mark = entry.key_at.mark();
    const Path place = path.key(entry.key);
    if (const Node* aliases = entry.value.find("aliases")) network.aliases = reader.strings(*aliases);
    if (const Node* address = entry.value.find("ipv4_address")) {
      in_addr parsed{};
      network.ipv4_address = address->text;
      if (inet_pton(AF_INET, address->text.c_str(), &parsed) != 1) {
        network.ipv4_address.clear();
        reader.report().error(address->mark(), place.key("ipv4_address").to_string(),
                              "'" + address->text + "' is not an IPv4 address");
      }
    }
    if (const Node* address = entry.value.find("mac_address")) {
      network.mac_address = address->text;
      if (!is_mac_address(address->text))
        reader.report().error(address->mark(), place.key("mac_address").to_string(),
                              "'" + address->text + "' is not a MAC address", "write 02:42:ac:11:00:03");
    }
  }
}

}  // namespace parser
