#include "netmgr/link.h"

#include <arpa/inet.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/ether.h>

#include <cerrno>
#include <cstring>

#include "netmgr/address.h"
#include "netmgr/namespace_scope.h"
#include "netmgr/source_guard.h"
#include "sys/error.h"
#include "sys/file.h"

namespace netmgr {
namespace {

constexpr uint8_t kAddressModeNone = 1;  // IN6_ADDR_GEN_MODE_NONE: no link-local address of its own accord

// Runs `fill` between the start and the end of a nested attribute.
template <typename Fill>
void nest(NetlinkRequest& request, uint16_t type, Fill fill) {
  nlattr* start = mnl_attr_nest_start(request.header(), type);
  fill();
  mnl_attr_nest_end(request.header(), start);
}

NetlinkRequest link_request(uint16_t type, uint16_t flags, const char* call, const std::string& name,
                            unsigned set_flags = 0, std::initializer_list<int> tolerated = {}) {
  NetlinkRequest request(type, flags, call, name, tolerated);
  auto* info = request.put_header<ifinfomsg>();
  info->ifi_family = AF_UNSPEC;
  info->ifi_flags = set_flags;
  info->ifi_change = set_flags;
  request.put_string(IFLA_IFNAME, name);
  return request;
}

void put_mac(NetlinkRequest& request, const std::string& mac, const std::string& object) {
  ether_addr address{};
  if (::ether_aton_r(mac.c_str(), &address) == nullptr)
    throw sys::Error(EINVAL, "MAC address " + mac, object);
  mnl_attr_put(request.header(), IFLA_ADDRESS, sizeof address, &address);
}

// IFLA_AF_SPEC: IPv4 device settings are numbered as in linux/ip.h.
void put_no_ipv6_addresses(NetlinkRequest& request) {
  nest(request, AF_INET6,
       [&] { mnl_attr_put_u8(request.header(), IFLA_INET6_ADDR_GEN_MODE, kAddressModeNone); });
}

void put_route_localnet(NetlinkRequest& request) {
  nest(request, AF_INET, [&] {
    nest(request, IFLA_INET_CONF,
         [&] { mnl_attr_put_u32(request.header(), IPV4_DEVCONF_ROUTE_LOCALNET, 1); });
  });
}

bool ipv6_is_built_in() {
  return sys::read_file_if_exists("/proc/sys/net/ipv6/conf/all/disable_ipv6").has_value();
}

Link parse_link(const nlmsghdr* header) {
  const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header));
  Link link;
  link.index = info->ifi_index;
  link.up = (info->ifi_flags & IFF_UP) != 0;
  each_attribute<ifinfomsg>(header, [&](const nlattr* attribute) {
    switch (mnl_attr_get_type(attribute)) {
      case IFLA_IFNAME:
        link.name = mnl_attr_get_str(attribute);
        break;
      case IFLA_IFALIAS:
        link.alias = mnl_attr_get_str(attribute);
        break;
      case IFLA_MTU:
        link.mtu = static_cast<int>(mnl_attr_get_u32(attribute));
        break;
      default:
        break;
    }
  });
  return link;
}

std::optional<Link> query_link(NetlinkSocket& route, NetlinkRequest request) {
  std::optional<Link> found;
  std::vector<NetlinkRequest> requests;
  requests.push_back(std::move(request));
  route.run(std::move(requests), [&](const nlmsghdr* header) { found = parse_link(header); });
  return found;
}

NetlinkRequest address_request(int index, uint32_t address, int prefix, const std::string& object) {
  NetlinkRequest request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, "add address", object, {EEXIST});
  auto* info = request.put_header<ifaddrmsg>();
  info->ifa_family = AF_INET;
  info->ifa_prefixlen = static_cast<uint8_t>(prefix);
  info->ifa_index = static_cast<unsigned>(index);
  mnl_attr_put_u32(request.header(), IFA_LOCAL, htonl(address));
  mnl_attr_put_u32(request.header(), IFA_ADDRESS, htonl(address));
  const uint32_t host_bits = prefix == 0 ? ~uint32_t{0} : (uint32_t{1} << (32 - prefix)) - 1;
  if (prefix < 31) mnl_attr_put_u32(request.header(), IFA_BROADCAST, htonl(address | host_bits));
  return request;
}

NetlinkRequest default_route_request(int index, uint32_t gateway, const std::string& object) {
  NetlinkRequest request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, "add default route", object);
  auto* info = request.put_header<rtmsg>();
  info->rtm_family = AF_INET;
  info->rtm_table = RT_TABLE_MAIN;
  info->rtm_protocol = RTPROT_STATIC;
  info->rtm_scope = RT_SCOPE_UNIVERSE;
  info->rtm_type = RTN_UNICAST;
  mnl_attr_put_u32(request.header(), RTA_GATEWAY, htonl(gateway));
  mnl_attr_put_u32(request.header(), RTA_OIF, static_cast<uint32_t>(index));
  return request;
}

NetlinkRequest veth_request(const Link& bridge, const VethSettings& settings, int netns) {
  NetlinkRequest request = link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "make veth", settings.name);
  nlmsghdr* header = request.header();
  mnl_attr_put_u32(header, IFLA_MTU, static_cast<uint32_t>(bridge.mtu));
  nest(request, IFLA_LINKINFO, [&] {
    request.put_string(IFLA_INFO_KIND, "veth");
    nest(request, IFLA_INFO_DATA, [&] {
      nest(request, VETH_INFO_PEER, [&] {
        request.put_header<ifinfomsg>();
        request.put_string(IFLA_IFNAME, settings.peer);
        mnl_attr_put_u32(header, IFLA_MTU, static_cast<uint32_t>(bridge.mtu));
        mnl_attr_put_u32(header, IFLA_NET_NS_FD, static_cast<uint32_t>(netns));
        put_mac(request, settings.mac, settings.name);
      });
    });
  });
  return request;
}

NetlinkRequest port_request(const Link& bridge, const VethSettings& settings) {
  NetlinkRequest request = link_request(RTM_SETLINK, 0, "join bridge", settings.name, IFF_UP);
  mnl_attr_put_u32(request.header(), IFLA_MASTER, static_cast<uint32_t>(bridge.index));
  request.put_string(IFLA_IFALIAS, settings.alias);
  if (ipv6_is_built_in()) nest(request, IFLA_AF_SPEC, [&] { put_no_ipv6_addresses(request); });
  return request;
}

// Lets a container reach itself by its published port also where br_netfilter rewrites the frame while it is
// still being bridged: it has to leave by the port it came in.
NetlinkRequest hairpin_request(const std::string& name) {
  NetlinkRequest request = link_request(RTM_NEWLINK, 0, "set hairpin mode", name);
  nest(request, IFLA_LINKINFO, [&] {
    request.put_string(IFLA_INFO_SLAVE_KIND, "bridge");
    nest(request, IFLA_INFO_SLAVE_DATA, [&] { mnl_attr_put_u8(request.header(), IFLA_BRPORT_MODE, 1); });
  });
  return request;
}

// The container's end: no IPv6 address may appear by itself, then address, up and route in this order.
void configure_peer(NetlinkSocket& inside, const VethSettings& settings) {
  NetlinkRequest set = link_request(RTM_SETLINK, 0, "set up link", settings.peer, IFF_UP);
  if (ipv6_is_built_in()) nest(set, IFLA_AF_SPEC, [&] { put_no_ipv6_addresses(set); });
  const std::optional<Link> peer = find_link(inside, settings.peer);
  if (!peer) throw sys::Error(ENODEV, "look up link", settings.peer);
  const std::string object = format_address(settings.address) + " on " + settings.peer;
  std::vector<NetlinkRequest> requests;
  requests.push_back(address_request(peer->index, settings.address, settings.prefix, object));
  requests.push_back(std::move(set));
  if (settings.gateway) {
    requests.push_back(default_route_request(peer->index, *settings.gateway,
                                             format_address(*settings.gateway) + " on " + settings.peer));
  }
  inside.run(std::move(requests));
}

}  // namespace

std::optional<Link> find_link(NetlinkSocket& route, const std::string& name) {
  return query_link(route, link_request(RTM_GETLINK, 0, "look up link", name, 0, {ENODEV}));
}

std::optional<Link> find_link(NetlinkSocket& route, int index) {
  NetlinkRequest request(RTM_GETLINK, 0, "look up link", std::to_string(index), {ENODEV});
  request.put_header<ifinfomsg>()->ifi_index = index;
  return query_link(route, std::move(request));
}

std::vector<Link> all_links(NetlinkSocket& route) {
  std::vector<Link> links;
  NetlinkRequest request(RTM_GETLINK, 0, "list links", "");
  request.put_header<ifinfomsg>();
  route.dump(std::move(request), [&](const nlmsghdr* header) { links.push_back(parse_link(header)); });
  return links;
}

std::vector<uint32_t> addresses_of(NetlinkSocket& route, const Link& link) {
  std::vector<uint32_t> addresses;
  NetlinkRequest request(RTM_GETADDR, 0, "list addresses", link.name);
  request.put_header<ifaddrmsg>()->ifa_family = AF_INET;
  route.dump(std::move(request), [&](const nlmsghdr* header) {
    const auto* info = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(header));
    if (info->ifa_index != static_cast<unsigned>(link.index)) return;
    each_attribute<ifaddrmsg>(header, [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) == IFA_LOCAL) addresses.push_back(ntohl(mnl_attr_get_u32(attribute)));
    });
  });
  return addresses;
}

void ensure_bridge(NetlinkSocket& route, const BridgeSettings& settings) {
  NetlinkRequest make =
      link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "make bridge", settings.name, 0, {EEXIST});
  put_mac(make, mac_for(settings.address), settings.name);
  mnl_attr_put_u32(make.header(), IFLA_MTU, static_cast<uint32_t>(settings.mtu));
  nest(make, IFLA_LINKINFO, [&] { make.put_string(IFLA_INFO_KIND, "bridge"); });

  std::optional<Link> bridge;
  std::vector<NetlinkRequest> requests;
  requests.push_back(std::move(make));
  requests.push_back(link_request(RTM_GETLINK, 0, "look up bridge", settings.name));
  route.run(std::move(requests), [&](const nlmsghdr* header) { bridge = parse_link(header); });
  if (!bridge) throw sys::Error(ENODEV, "look up bridge", settings.name);

  // Off before it comes up: a container must not reach the host's IPv6 services through the bridge.
  if (ipv6_is_built_in()) {
    sys::write_knob("/proc/sys/net/ipv6/conf/" + settings.name + "/disable_ipv6", "1");
  }
  NetlinkRequest set = link_request(RTM_SETLINK, 0, "set up bridge", settings.name, IFF_UP);
  mnl_attr_put_u32(set.header(), IFLA_MTU, static_cast<uint32_t>(settings.mtu));
  set.put_string(IFLA_IFALIAS, settings.alias);
  nest(set, IFLA_AF_SPEC, [&] { put_route_localnet(set); });
  requests.clear();
  requests.push_back(address_request(bridge->index, settings.address, settings.prefix, settings.name));
  requests.push_back(std::move(set));
  route.run(std::move(requests));
}

void make_veth(NetlinkSocket& route, const Link& bridge, const VethSettings& settings, const sys::Fd& netns) {
  std::vector<NetlinkRequest> requests;
  requests.push_back(link_request(RTM_DELLINK, 0, "delete leftover link", settings.name, 0, {ENODEV}));
  requests.push_back(veth_request(bridge, settings, netns.get()));
  requests.push_back(port_request(bridge, settings));
  requests.push_back(hairpin_request(settings.name));
  requests.push_back(link_request(RTM_GETLINK, 0, "look up link", settings.name));
  std::optional<Link> made;
  try {
    route.run(std::move(requests), [&](const nlmsghdr* header) { made = parse_link(header); });
    if (!made) throw sys::Error(ENODEV, "look up link", settings.name);
    // Before the container's end is up: no frame passes unseen.
    guard_source(route, made->index, settings.name, {settings.mac, settings.address, settings.prefix});
    const NamespaceScope inside(netns);
    NetlinkSocket socket(NETLINK_ROUTE);
    configure_peer(socket, settings);
    // A link just come up sends only after deferred work of the kernel; asking for it has that done now
    // (Linux 6.6).
    find_link(route, settings.name);
    find_link(route, bridge.name);
  } catch (...) {
    delete_link(route, settings.name);
    throw;
  }
}

void add_default_route(NetlinkSocket& route, const std::string& name, uint32_t gateway) {
  const std::optional<Link> link = find_link(route, name);
  if (!link) throw sys::Error(ENODEV, "look up link", name);
  std::vector<NetlinkRequest> requests;
  requests.push_back(default_route_request(link->index, gateway, format_address(gateway) + " on " + name));
  route.run(std::move(requests));
}

void set_up(NetlinkSocket& route, const std::string& name) {
  std::vector<NetlinkRequest> requests;
  requests.push_back(link_request(RTM_SETLINK, 0, "set up link", name, IFF_UP));
  route.run(std::move(requests));
}

void delete_link(NetlinkSocket& route, const std::string& name) {
  std::vector<NetlinkRequest> requests;
  requests.push_back(link_request(RTM_DELLINK, 0, "delete link", name, 0, {ENODEV}));
  route.run(std::move(requests));
}

}  // namespace netmgr
