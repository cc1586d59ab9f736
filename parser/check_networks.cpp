#include <set>

#include "parser/address.h"
#include "parser/check.h"
#include "parser/units.h"

namespace parser {

namespace {

std::string place_of(const Service& service) {
  return "services." + service.name + ".networks";
}

// True also when a subnet is wrong: that is reported where it stands.
bool in_subnet_of(const Network& network, const Address& address) {
  for (const IpamPool& pool : network.ipam) {
    try {
      if (!pool.subnet.empty() && contains(parse_subnet(pool.subnet), address)) return true;
    } catch (const ValueError&) {
      return true;
    }
  }
  return false;
}

std::string subnets_of(const Network& network, bool v6) {
  std::string text;
  for (const IpamPool& pool : network.ipam)
    if (!pool.subnet.empty() && (pool.subnet.find(':') != std::string::npos) == v6)
      text += (text.empty() ? "" : ", ") + pool.subnet;
  return text;
}

// One address that the file fixes.
struct Fixed {
  const Service& service;
  const Network& network;
  const ServiceNetwork& on;
  const char* attribute;
  const std::string& text;
  Address address;
};

void check_range(const Fixed& fixed, Report& report) {
  const std::string place = place_of(fixed.service) + "." + fixed.network.key;
  const std::string subnets = subnets_of(fixed.network, fixed.address.v6);
  if (in_subnet_of(fixed.network, fixed.address)) {
    for (const IpamPool& pool : fixed.network.ipam)
      if (const auto gateway = read_address(pool.gateway); gateway && gateway->bytes == fixed.address.bytes)
        report.error(fixed.on.mark, place,
                     std::string(fixed.attribute) + " " + fixed.text + " is the gateway of the network");
  } else if (subnets.empty()) {
    report.error(fixed.on.mark, place,
                 std::string(fixed.attribute) + " needs a network with " +
                     (fixed.address.v6 ? "an IPv6 subnet" : "a subnet") + " of its own",
                 "give networks." + fixed.network.key + ".ipam.config a subnet");
  } else {
    report.error(fixed.on.mark, place,
                 std::string(fixed.attribute) + " " + fixed.text + " is not in the subnet " + subnets);
  }
}

class AddressCheck {
 public:
  explicit AddressCheck(Report& report) : report_(report) {}

  // Docker takes it, and then neither of the two is reached reliably.
  void look_at_mac(const Service& service, const std::string& network, const ServiceNetwork& on) {
    if (on.mac_address.empty() || service.replicas == 0) return;
    const auto [first, fresh] = users_.emplace(network + " mac " + on.mac_address, &service);
    if (!fresh)
      report_.warning(on.mark, place_of(service) + "." + network,
                      "mac_address " + on.mac_address + " is that of service '" + first->second->name +
                          "' on this network too");
  }

  void look_at(const Fixed& fixed) {
    const std::string place = place_of(fixed.service) + "." + fixed.network.key;
    if (!fixed.network.external) check_range(fixed, report_);
    if (fixed.service.replicas == 0) return;
    if (fixed.service.replicas > 1)
      report_.error(
          fixed.on.mark, place,
          std::to_string(fixed.service.replicas) + " replicas cannot share the address " + fixed.text,
          "remove '" + std::string(fixed.attribute) + "'");
    const auto [first, fresh] =
        users_.emplace(fixed.network.key + " " + to_string(fixed.address), &fixed.service);
    if (!fresh)
      report_.error(fixed.on.mark, place,
                    "address " + fixed.text + " is taken by service '" + first->second->name + "' (line " +
                        std::to_string(first->second->networks.at(fixed.network.key).mark.line) + ")");
  }

 private:
  Report& report_;
  std::map<std::string, const Service*> users_;
};

void check_mac_addresses(const ServiceDraft& draft, Report& report) {
  const Service& service = draft.service;
  if (service.mac_address.empty()) return;
  // It is that of the main network.
  const std::pair<const std::string, ServiceNetwork>* main = nullptr;
  for (const auto& network : service.networks)
    if (main == nullptr || network.second.priority > main->second.priority) main = &network;
  if (main == nullptr || main->second.mac_address.empty() || main->second.mac_address == service.mac_address)
    return;
  report.error(draft.marks.at("mac_address"), "services." + service.name,
               "'mac_address' and that of network '" + main->first + "' differ", "give only one of them");
}

}  // namespace

void check_networks(const Draft& draft, const ServiceDraft& own, Report& report) {
  const Service& service = own.service;
  std::map<std::string, std::string> links;
  for (const auto& [key, network] : service.networks) {
    if (draft.project.networks.count(key) == 0 && !draft.damaged)
      report.error(network.mark, place_of(service), "network '" + key + "' is not defined",
                   undefined_hint(key, keys(draft.project.networks), "networks"));
    if (network.interface_name.empty()) continue;
    const auto [first, fresh] = links.emplace(network.interface_name, key);
    if (!fresh)
      report.error(network.mark, place_of(service) + "." + key,
                   "interface '" + network.interface_name + "' is that of network '" + first->second + "'");
  }
  check_mac_addresses(own, report);
  const auto mode = own.marks.find("network_mode");
  if (mode != own.marks.end() && own.marks.count("networks") != 0)
    report.error(mode->second, "services." + service.name,
                 "'network_mode' and 'networks' exclude each other");
}

void check_addresses(const Draft& draft, Report& report) {
  AddressCheck check(report);
  for (const auto& [name, service] : draft.project.services)
    for (const auto& [key, on] : service.networks) {
      check.look_at_mac(service, key, on);
      const auto network = draft.project.networks.find(key);
      if (network == draft.project.networks.end()) continue;
      if (const auto address = read_address(on.ipv4_address))
        check.look_at({service, network->second, on, "ipv4_address", on.ipv4_address, *address});
      if (const auto address = read_address(on.ipv6_address))
        check.look_at({service, network->second, on, "ipv6_address", on.ipv6_address, *address});
    }
}

}  // namespace parser
