#include "netmgr/routes.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "netmgr/address.h"

namespace netmgr {
namespace {

struct Route {
  Subnet destination;
  uint32_t metric = 0;
  std::optional<int> device;  // of a multipath route, its first
  bool by_kernel = false;
};

void parse_multipath(const nlattr* attribute, Route& route) {
  if (nl::size_of(attribute) < sizeof(rtnexthop)) return;
  route.device = static_cast<const rtnexthop*>(nl::data_of(attribute))->rtnh_ifindex;
}

// Nothing for what is not a unicast route of the main table.
std::optional<Route> parse_route(const nlmsghdr* header) {
  const auto* info = static_cast<const rtmsg*>(nl::payload_of(header));
  uint32_t table = info->rtm_table;
  Route route;
  route.by_kernel = info->rtm_protocol == RTPROT_KERNEL;
  route.destination.prefix = info->rtm_dst_len;
  route.destination.base.v6 = info->rtm_family == AF_INET6;
  each_attribute<rtmsg>(header, [&](const nlattr* attribute) {
    switch (nl::type_of(attribute)) {
      case RTA_TABLE:
        table = nl::u32_of(attribute);
        break;
      case RTA_DST: {
        const auto* bytes = static_cast<const uint8_t*>(nl::data_of(attribute));
        const size_t size = std::min<size_t>(nl::size_of(attribute), route.destination.base.size());
        std::copy_n(bytes, size, route.destination.base.bytes.begin());
        break;
      }
      case RTA_PRIORITY:
        route.metric = nl::u32_of(attribute);
        break;
      case RTA_OIF:
        route.device = static_cast<int>(nl::u32_of(attribute));
        break;
      case RTA_MULTIPATH:
        parse_multipath(attribute, route);
        break;
      default:
        break;
    }
  });
  if (table != RT_TABLE_MAIN) return std::nullopt;
  return route;
}

std::vector<Route> main_table(NetlinkSocket& socket, uint8_t family) {
  std::vector<Route> routes;
  NetlinkRequest request(RTM_GETROUTE, 0, "list routes", "main table");
  request.put_header<rtmsg>()->rtm_family = family;
  socket.dump(std::move(request), [&](const nlmsghdr* header) {
    if (const std::optional<Route> route = parse_route(header)) routes.push_back(*route);
  });
  return routes;
}

// fe80::/10 and ff00::/8: of every link, so they are nobody's.
bool is_of_every_link(const Subnet& destination) {
  const auto& bytes = destination.base.bytes;
  return destination.base.v6 && (bytes[0] == 0xff || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80));
}

}  // namespace

std::optional<int> default_route_device(NetlinkSocket& route, bool v6) {
  std::optional<Route> best;
  for (const Route& candidate : main_table(route, v6 ? AF_INET6 : AF_INET)) {
    if (candidate.destination.base.v6 != v6 || candidate.destination.prefix != 0 || !candidate.device)
      continue;
    if (!best || candidate.metric < best->metric) best = candidate;
  }
  return best ? best->device : std::nullopt;
}

std::optional<int> default_route_device(NetlinkSocket& route) {
  const std::optional<int> device = default_route_device(route, false);
  return device ? device : default_route_device(route, true);
}

std::vector<int> devices_within(NetlinkSocket& route, const Subnet& subnet) {
  std::vector<int> devices;
  for (const Route& candidate : main_table(route, subnet.base.v6 ? AF_INET6 : AF_INET))
    if (candidate.device && subnet.contains(candidate.destination)) devices.push_back(*candidate.device);
  return devices;
}

std::vector<HostRoute> host_routes() {
  NetlinkSocket socket(NETLINK_ROUTE);
  std::vector<HostRoute> routes;
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    for (const Route& route : main_table(socket, family)) {
      if (route.destination.prefix != 0 && !is_of_every_link(route.destination))
        routes.push_back({route.destination, route.by_kernel});
    }
  }
  return routes;
}

}  // namespace netmgr
