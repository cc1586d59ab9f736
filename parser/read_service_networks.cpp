// The networks of a service, and what it is on each of them.
#include "parser/address.h"
#include "parser/attribute.h"
#include "parser/names.h"
#include "parser/units.h"

namespace parser {

namespace {

void read_address_of(const Section& section, const char* name, bool v6, std::string& into) {
  const Node* node = section.find(name);
  // Empty is what a variable that is not set gives: as if it were not given.
  if (node == nullptr || node->text.empty()) return;
  const auto address = read_address(node->text);
  if (address && address->v6 == v6)
    into = node->text;
  else
    section.error_at(name, "'" + node->text + "' is not an " + (v6 ? "IPv6" : "IPv4") + " address");
}

void read_link_local(const Section& section, std::vector<std::string>& into) {
  const Node* list = section.find("link_local_ips");
  if (list == nullptr) return;
  const Path path = section.place("link_local_ips");
  for (size_t i = 0; i < list->items.size(); ++i)
    section.reader().guard(list->items[i], path.index(i), [&] {
      check_address(list->items[i].text);
      into.push_back(list->items[i].text);
    });
}

ServiceNetwork read_network(const Section& section) {
  ServiceNetwork network;
  section.strings("aliases", network.aliases);
  section.map("driver_opts", network.driver_opts);
  section.integer("priority", network.priority, INT32_MIN, INT32_MAX);
  section.integer("gw_priority", network.gw_priority, INT32_MIN, INT32_MAX);
  read_address_of(section, "ipv4_address", false, network.ipv4_address);
  read_address_of(section, "ipv6_address", true, network.ipv6_address);
  read_link_local(section, network.link_local_ips);
  if (const Node* name = section.find("interface_name"))
    section.reader().guard(*name, section.place("interface_name"), [&] {
      check_interface_name(name->text);
      network.interface_name = name->text;
    });
  if (const Node* address = section.find("mac_address"))
    section.reader().guard(*address, section.place("mac_address"),
                           [&] { network.mac_address = normal_mac_address(address->text); });
  network.extensions = section.extensions();
  return network;
}

}  // namespace

void read_service_networks(const At& at) {
  for (const Entry& entry : at.node.entries) {
    const Path path = at.path.key(entry.key);
    ServiceNetwork network = read_network(Section(at.reader, entry.value, path));
    network.mark = entry.key_at.mark();
    at.service.networks[entry.key] = std::move(network);
  }
}

}  // namespace parser
