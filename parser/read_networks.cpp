// Top-level networks.
#include "parser/address.h"
#include "parser/resource.h"
#include "parser/section.h"
#include "parser/units.h"

namespace parser {

namespace {

// Addresses of a pool lie in its subnet; without a subnet they say nothing.
class PoolReader {
 public:
  PoolReader(const Section& section, IpamPool& pool) : section_(section), pool_(pool) {}

  void read() {
    pool_.mark = section_.node().mark();
    section_.text("subnet", pool_.subnet);
    section_.text("ip_range", pool_.ip_range);
    section_.text("gateway", pool_.gateway);
    section_.map("aux_addresses", pool_.aux_addresses);
    pool_.extensions = section_.extensions();
    for (const char* name : {"ip_range", "gateway", "aux_addresses"})
      if (section_.find(name) != nullptr && !section_.node().damaged && pool_.subnet.empty())
        section_.error_at(name, "'" + std::string(name) + "' without 'subnet'", "give the pool its subnet");
    if (const Node* subnet = section_.find("subnet"))
      guard(*subnet, section_.place("subnet"), [&] { subnet_ = parse_subnet(subnet->text); });
    if (const Node* range = section_.find("ip_range"))
      guard(*range, section_.place("ip_range"), [&] { check_range(range->text); });
    if (const Node* gateway = section_.find("gateway"))
      guard(*gateway, section_.place("gateway"), [&] { check_address("gateway", gateway->text); });
    section_.sub("aux_addresses", [&](const Section& addresses) {
      for (const Entry& entry : addresses.node().entries)
        guard(entry.value, addresses.path().key(entry.key),
              [&] { check_address("address", entry.value.text); });
    });
  }

 private:
  void guard(const Node& node, const Path& path, const std::function<void()>& check) {
    section_.reader().guard(node, path, check);
  }

  void check_range(const std::string& text) const {
    const Subnet range = parse_subnet(text);
    if (subnet_ && !contains(*subnet_, range))
      throw ValueError("ip_range '" + text + "' is not inside of the subnet '" + pool_.subnet + "'");
  }

  void check_address(const std::string& what, const std::string& text) const {
    const auto address = read_address(text);
    if (!address) throw ValueError("'" + text + "' is not an IP address");
    if (subnet_ && !contains(*subnet_, *address))
      throw ValueError(what + " '" + text + "' is not in the subnet '" + pool_.subnet + "'");
  }

  const Section& section_;
  IpamPool& pool_;
  std::optional<Subnet> subnet_;
};

void read_ipam(const Section& section, Network& network) {
  section.text("driver", network.ipam_driver);
  section.each("config", [&](const Section& item) { PoolReader(item, network.ipam.emplace_back()).read(); });
  section.map("options", network.ipam_options);
  network.ipam_extensions = section.extensions();
}

// A subnet of a family that the network does not have is no use to it.
void check_families(const Section& section, const Network& network) {
  if (network.enable_ipv4 == false && !network.enable_ipv6.value_or(false))
    section.error_at("enable_ipv4", "the network has neither IPv4 nor IPv6", "add 'enable_ipv6: true'");
  for (const IpamPool& pool : network.ipam) {
    const bool v6 = pool.subnet.find(':') != std::string::npos;
    const bool wanted = v6 ? network.enable_ipv6.value_or(false) : network.enable_ipv4.value_or(true);
    if (pool.subnet.empty() || wanted) continue;
    const std::string name = v6 ? "enable_ipv6" : "enable_ipv4";
    section.reader().report().warning(pool.mark, section.path().key("ipam").key("config").to_string(),
                                      "subnet '" + pool.subnet + "' is not used", "add '" + name + ": true'");
  }
}

}  // namespace

void read_networks(Reader& reader, const Node& document, Draft& draft) {
  const Path top = Path().key("networks");
  const Node* networks = document.find("networks");
  if (networks == nullptr) return;
  for (const Entry& entry : networks->entries) {
    const Path path = top.key(entry.key);
    const Section section(reader, entry.value, path);
    Network network = read_resource<Network>(section, entry, "network", draft.project.name);
    if (!network.external)
      section.driver("driver", network.driver, {"bridge", "overlay", "macvlan", "ipvlan", "host", "none"});
    network.driver_given = !network.driver.empty();
    if (!network.driver_given) network.driver = "bridge";
    section.map("driver_opts", network.driver_opts);
    section.flag("internal", network.internal);
    section.flag("attachable", network.attachable);
    section.flag("enable_ipv4", network.enable_ipv4);
    section.flag("enable_ipv6", network.enable_ipv6);
    section.sub("ipam", [&](const Section& ipam) { read_ipam(ipam, network); });
    if (!network.external) check_families(section, network);
    draft.project.networks[entry.key] = std::move(network);
  }
}

}  // namespace parser
