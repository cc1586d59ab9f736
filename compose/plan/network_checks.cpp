#include "compose/plan/network_checks.h"

#include <charconv>

#include "netmgr/address.h"

namespace compose {
namespace {

constexpr char kMtu[] = "com.docker.network.driver.mtu";

[[noreturn]] void fail(const parser::Network& network, const std::string& what) {
  throw PlanError("network \"" + network.name + "\" (networks." + network.key + "): " + what);
}

void check_mtu(const parser::Network& network) {
  const auto option = network.driver_opts.find(kMtu);
  if (option == network.driver_opts.end()) return;
  const std::string& text = option->second;
  int mtu = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mtu);
  if (error != std::errc() || end != text.data() + text.size() || mtu < 68 || mtu > 65535)
    fail(network, std::string(kMtu) + " '" + text + "' is not a number between 68 and 65535");
}

void check_gateway(const parser::Network& network, const netmgr::Subnet& subnet) {
  const std::string& text = network.ipam.front().gateway;
  if (text.empty()) return;
  const auto gateway = netmgr::parse_address(text);
  if (!gateway || !subnet.contains(*gateway) || *gateway == subnet.base || *gateway > subnet.last())
    fail(network, "gateway '" + text + "' is not a host address of subnet " + subnet.to_string());
}

}  // namespace

void check_networks(const parser::Project& project, const Observed& observed, const NetworkReview& review) {
  std::map<std::string, netmgr::Subnet> taken;  // by network name
  for (const auto& network : observed.networks) {
    if (const auto subnet = netmgr::parse_subnet(network.subnet)) taken[network.name] = *subnet;
  }
  for (const auto& [key, verdict] : review.verdicts) {
    if (verdict.kind == Verdict::Kind::kRecreate) taken.erase(project.networks.at(key).name);
  }
  for (const auto& [key, verdict] : review.verdicts) {
    if (verdict.kind == Verdict::Kind::kKeep) continue;
    const parser::Network& network = project.networks.at(key);
    check_mtu(network);
    if (network.ipam.empty() || network.ipam.front().subnet.empty()) continue;
    const auto subnet = netmgr::parse_subnet(network.ipam.front().subnet);
    if (!subnet || subnet->prefix > 30)
      fail(network, "'" + network.ipam.front().subnet + "' is not an IPv4 subnet with room for containers");
    check_gateway(network, *subnet);
    for (const auto& [name, other] : taken) {
      if (subnet->overlaps(other)) {
        fail(network, "subnet " + subnet->to_string() + " overlaps " + other.to_string() + " of network \"" +
                          name + "\": choose another, or leave ipam out to have a free one chosen");
      }
    }
    taken[network.name] = *subnet;
  }
}

}  // namespace compose
