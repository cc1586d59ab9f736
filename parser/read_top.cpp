// Top-level networks and volumes, and the project as a whole.
#include <arpa/inet.h>

#include "parser/names.h"
#include "parser/reader.h"
#include "parser/units.h"

namespace parser {

namespace {

void check_network_driver(const Node& driver) {
  const std::string& name = driver.text;
  if (name == "bridge") return;
  if (name == "overlay" || name == "macvlan" || name == "ipvlan" || name == "host" || name == "none")
    throw ValueError("driver '" + name + "' is not supported yet", "'bridge' is");
  const std::string hint = did_you_mean(name, {"bridge", "overlay", "macvlan", "ipvlan", "host", "none"});
  throw ValueError("unknown driver '" + name + "'", hint.empty() ? "known is 'bridge'" : hint);
}

void check_volume_driver(const Node& driver) {
  if (driver.text == "local") return;
  const std::string hint = did_you_mean(driver.text, {"local"});
  throw ValueError("unknown driver '" + driver.text + "'", hint.empty() ? "known is 'local'" : hint);
}

void check_subnet(const std::string& text) {
  const size_t slash = text.find('/');
  in_addr address{};
  const auto prefix = slash == std::string::npos ? std::nullopt : read_integer(text.substr(slash + 1));
  constexpr int kBits = 32;
  if (text.find(':') != std::string::npos)
    throw ValueError("IPv6 subnet '" + text + "' is not supported yet");
  if (inet_pton(AF_INET, text.substr(0, slash).c_str(), &address) != 1 || !prefix || *prefix < 0 ||
      *prefix > kBits)
    throw ValueError("'" + text + "' is not a subnet", "write it as 172.28.0.0/16");
  const uint32_t host_bits = *prefix == 0 ? 0xFFFFFFFFU : *prefix == kBits ? 0 : 0xFFFFFFFFU >> *prefix;
  if ((ntohl(address.s_addr) & host_bits) != 0) {
    address.s_addr = htonl(ntohl(address.s_addr) & ~host_bits);
    char buffer[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &address, buffer, sizeof buffer);
    throw ValueError("subnet '" + text + "' has host bits set",
                     "did you mean '" + std::string(buffer) + text.substr(slash) + "'?");
  }
}

void read_ipam(Reader& reader, const Node& ipam, const Path& path, Network& network) {
  const Node* config = ipam.find("config");
  if (config == nullptr) return;
  for (size_t i = 0; i < config->items.size(); ++i) {
    const Node& item = config->items[i];
    const Path place = path.key("config").index(i);
    if (i > 0) {
      reader.report().error(item.mark(), place.to_string(), "more than one subnet is not supported yet");
      break;
    }
    IpamPool& pool = network.ipam.emplace_back();
    if (const Node* subnet = item.find("subnet"))
      reader.guard(*subnet, place.key("subnet"), [&] {
        pool.subnet = subnet->text;
        check_subnet(subnet->text);
      });
    if (const Node* gateway = item.find("gateway")) {
      in_addr address{};
      pool.gateway = gateway->text;
      if (inet_pton(AF_INET, gateway->text.c_str(), &address) != 1)
        reader.report().error(gateway->mark(), place.key("gateway").to_string(),
                              "'" + gateway->text + "' is not an IPv4 address");
      else if (item.find("subnet") == nullptr)
        reader.report().error(gateway->mark(), place.to_string(), "'gateway' without 'subnet'");
    }
  }
}

// What someone else made is taken as it is.
void check_external(Reader& reader, const Node& node, const Path& path) {
  for (const Entry& entry : node.entries)
    if (entry.key != "external" && entry.key != "name" && entry.key.rfind("x-", 0) != 0)
      reader.report().error(entry.key_at.mark(), path.to_string(),
                            "'" + entry.key + "' cannot be given for what is external");
}

// Name, external, driver, options and labels are alike for networks and volumes.
template <typename Thing>
Thing read_thing(Reader& reader, const Entry& entry, const Path& path, const std::string& what,
                 const std::string& project) {
  const Node& node = entry.value;
  Thing thing;
  thing.key = entry.key;
  thing.mark = entry.key_at.mark();
  reader.guard(Node::null(entry.key_at), path, [&] { check_key(what, entry.key); });
  if (const Node* external = node.find("external"))
    thing.external = reader.flag(*external, path.key("external"));
  thing.name = thing.external ? entry.key : project + "_" + entry.key;
  if (const Node* name = node.find("name"); name != nullptr && !name->text.empty()) {
    thing.name = name->text;
    reader.guard(*name, path.key("name"), [&] { check_engine_name(what + " name", name->text); });
  }
  if (thing.external) check_external(reader, node, path);
  if (const Node* driver = node.find("driver"); driver != nullptr && !thing.external)
    thing.driver = driver->text;
  if (const Node* options = node.find("driver_opts")) thing.driver_opts = reader.string_map(*options);
  if (const Node* labels = node.find("labels")) thing.labels = reader.string_map(*labels);
  thing.extensions = reader.extensions(node);
  return thing;
}

}  // namespace

void read_networks(Reader& reader, const Node& document, Draft& draft) {
  const Node* networks = document.find("networks");
  if (networks == nullptr) return;
  for (const Entry& entry : networks->entries) {
    const Path path = Path().key("networks").key(entry.key);
    Network network = read_thing<Network>(reader, entry, path, "network", draft.project.name);
    if (const Node* driver = entry.value.find("driver"); driver != nullptr && !network.external)
      reader.guard(*driver, path.key("driver"), [&] { check_network_driver(*driver); });
    if (network.driver.empty()) network.driver = "bridge";
    if (const Node* internal = entry.value.find("internal"))
      network.internal = reader.flag(*internal, path.key("internal"));
    if (const Node* ipam = entry.value.find("ipam")) read_ipam(reader, *ipam, path.key("ipam"), network);
    draft.project.networks[entry.key] = std::move(network);
  }
}

void read_volumes(Reader& reader, const Node& document, Draft& draft) {
  const Node* volumes = document.find("volumes");
  if (volumes == nullptr) return;
  for (const Entry& entry : volumes->entries) {
    const Path path = Path().key("volumes").key(entry.key);
    Volume volume = read_thing<Volume>(reader, entry, path, "volume", draft.project.name);
    if (const Node* driver = entry.value.find("driver"); driver != nullptr && !volume.external)
      reader.guard(*driver, path.key("driver"), [&] { check_volume_driver(*driver); });
    if (volume.driver.empty()) volume.driver = "local";
    draft.project.volumes[entry.key] = std::move(volume);
  }
}

Draft read_project(Reader& reader, const Node& document, const std::string& name) {
  Draft draft;
  draft.damaged = document.damaged;
  draft.project.name = name;
  draft.project.extensions = reader.extensions(document);
  read_networks(reader, document, draft);
  read_volumes(reader, document, draft);
  const Node* services = document.find("services");
  if (services == nullptr) return draft;
  for (const Entry& entry : services->entries) {
    const Path path = Path().key("services").key(entry.key);
    ServiceDraft& service = draft.services[entry.key];
    service.service.name = entry.key;
    read_service(reader, entry.value, path, service);
    service.service.mark = entry.key_at.mark();
    reader.guard(Node::null(entry.key_at), path, [&] { check_key("service", entry.key); });
  }
  return draft;
}

}  // namespace parser
