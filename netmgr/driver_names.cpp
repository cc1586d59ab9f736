#include "netmgr/driver_names.h"

#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "sys/error.h"

namespace netmgr {
namespace {

constexpr size_t kShortId = 12;
constexpr int kLeastMtu = 68;     // RFC 791
constexpr int kLeastMtu6 = 1280;  // RFC 8200
constexpr int kMostMtu = 65535;
constexpr int kLinkLocalPrefix = 16;   // RFC 3927
constexpr int kLinkLocalPrefix6 = 64;  // RFC 4291

std::optional<bool> parse_flag(const std::string& text) {
  for (const char* yes : {"true", "True", "TRUE", "t", "T", "1"})
    if (text == yes) return true;
  for (const char* no : {"false", "False", "FALSE", "f", "F", "0"})
    if (text == no) return false;
  return std::nullopt;
}

bool has_ipv6(const Network& network) {
  return std::any_of(network.pools.begin(), network.pools.end(),
                     [](const Pool& pool) { return is_ipv6(pool.subnet); });
}

}  // namespace

std::string short_id(const std::string& id) {
  const bool is_hex = id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (id.size() < kShortId || !is_hex) throw sys::Error(EINVAL, "id is not 12 or more hex digits", id);
  return id.substr(0, kShortId);
}

std::string network_alias(const Network& network) {
  return kNetworkAlias + short_id(network.id) + (network.owner.empty() ? "" : ' ' + network.owner);
}

bool is_same_network(const std::string& alias, const std::string& other) {
  constexpr size_t kSize = sizeof kNetworkAlias - 1 + kShortId;
  return alias.starts_with(kNetworkAlias) && alias.substr(0, kSize) == other.substr(0, kSize);
}

std::string endpoint_alias(const Network& network, const Endpoint& endpoint) {
  std::string alias =
      fmt::format("{}{} {}", kEndpointAlias, short_id(network.id), short_id(endpoint.container_id));
  for (const std::string& address : {endpoint.address, endpoint.address6})
    if (!address.empty()) alias += ' ' + address;
  return alias;
}

Address require_address(const std::string& text, const std::string& object) {
  const std::optional<Address> address = parse_address(text);
  if (!address) throw sys::Error(EINVAL, "not an address: " + text, object);
  return *address;
}

Subnet require_subnet(const std::string& text, const std::string& object) {
  const std::optional<Subnet> subnet = parse_subnet(text);
  if (!subnet) throw sys::Error(EINVAL, "not a subnet: " + text, object);
  return *subnet;
}

InnerLink inner_link(const Network& network, const Endpoint& endpoint) {
  const std::string object = "container " + short_id(endpoint.container_id);
  if (endpoint.interface.empty() || endpoint.interface.size() >= IFNAMSIZ)
    throw sys::Error(EINVAL, "interface name " + endpoint.interface, object);
  InnerLink link;
  link.name = endpoint.interface;
  link.mac = endpoint.mac;
  link.settings = endpoint.settings;
  const auto add = [&](const std::string& text, bool default_route) {
    if (text.empty()) return;
    const Address address = require_address(text, object);
    const Pool* pool = pool_of(network, text);
    if (pool == nullptr)
      throw sys::Error(EINVAL, "address " + text + " is of no subnet of the network", object);
    link.addresses.push_back({address, require_subnet(pool->subnet, object).prefix});
    if (default_route && !pool->gateway.empty())
      link.gateways.push_back(require_address(pool->gateway, object));
    if (link.mac.empty()) link.mac = mac_for(address);
  };
  add(endpoint.address, endpoint.default_route);
  add(endpoint.address6, endpoint.default_route6);
  for (const std::string& text : endpoint.link_local) {
    const Address address = require_address(text, object);
    link.further.push_back({address, address.v6 ? kLinkLocalPrefix6 : kLinkLocalPrefix});
  }
  if (link.addresses.empty()) throw sys::Error(EINVAL, "an endpoint without an address", object);
  return link;
}

std::string option_of(const Network& network, const std::string& name) {
  const auto found = network.options.find(name);
  return found == network.options.end() ? std::string() : found->second;
}

int mtu_of(const Network& network) {
  const std::string text = option_of(network, kMtuOption);
  int mtu = 0;
  std::from_chars(text.data(), text.data() + text.size(), mtu);
  return mtu;
}

std::string complaint_of_mtu(const Network& network) {
  const std::string text = option_of(network, kMtuOption);
  if (!network.options.contains(kMtuOption)) return "";
  int mtu = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mtu);
  const int least = has_ipv6(network) ? kLeastMtu6 : kLeastMtu;
  if (error == std::errc() && end == text.data() + text.size() && mtu >= least && mtu <= kMostMtu) return "";
  return fmt::format("{} '{}' is not a number between {} and {}{}", kMtuOption, text, least, kMostMtu,
                     least == kLeastMtu6 ? ", which IPv6 needs" : "");
}

std::string complaint_of_prefix(const Network& network) {
  if (!network.options.contains(kPrefixOption)) return "";
  const std::string prefix = option_of(network, kPrefixOption);
  constexpr size_t kMost = IFNAMSIZ - 1 - 3;  // with a number behind
  const bool plain = prefix.find_first_of("/: \t\n") == std::string::npos && prefix != "lo";
  if (!prefix.empty() && prefix.size() <= kMost && plain) return "";
  return fmt::format(
      "{} '{}' cannot begin the name of an interface: at most {} letters without '/', ':' or spaces",
      kPrefixOption, prefix, kMost);
}

std::string complaint_of_flag(const Network& network, const std::string& option) {
  const std::string text = option_of(network, option);
  if (!network.options.contains(option) || parse_flag(text)) return "";
  return fmt::format("{} '{}' is neither true nor false", option, text);
}

bool flag_of(const Network& network, const std::string& option, bool normally) {
  return parse_flag(option_of(network, option)).value_or(normally);
}

std::string complaint_of_options(const Network& network, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : network.options) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return fmt::format("driver option '{}' is not supported with driver {}; these are: {}", name,
                       network.driver, fmt::join(known, ", "));
  }
  return "";
}

// nftables takes it between quotation marks, /proc/sys as the name of a folder.
std::string complaint_of_link_name(const std::string& option, const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char character) {
    return std::isalnum(character) != 0 || character == '-' || character == '_' || character == '.';
  });
  const bool taken = name == "." || name == ".." || name == "lo" || name == "all" || name == "default";
  if (plain && !taken && !name.empty() && name.size() < IFNAMSIZ) return "";
  return fmt::format("{} '{}' is no name for a link: 1 to {} letters, digits, '-', '_' and '.'", option, name,
                     IFNAMSIZ - 1);
}

std::string interface_prefix(const Network& network) {
  const std::string prefix = option_of(network, kPrefixOption);
  return prefix.empty() ? "eth" : prefix;
}

const Pool* pool_of(const Network& network, const std::string& text) {
  const std::optional<Address> address = parse_address(text);
  if (!address) return nullptr;
  for (const Pool& pool : network.pools) {
    const std::optional<Subnet> subnet = parse_subnet(pool.subnet);
    if (subnet && subnet->contains(*address)) return &pool;
  }
  return nullptr;
}

int prefix_of(const Network& network, const std::string& address) {
  const Pool* pool = pool_of(network, address);
  return pool == nullptr ? 0 : parse_subnet(pool->subnet)->prefix;
}

}  // namespace netmgr
