#include "netmgr/routes.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>

#include "netmgr/address.h"

namespace netmgr {
namespace {

struct Route {
  Subnet destination;
  uint32_t metric = 0;
  std::optional<int> device;  // of a multipath route, its first
};

void parse_multipath(const nlattr* attribute, Route& route) {
  if (mnl_attr_get_payload_len(attribute) < sizeof(rtnexthop)) return;
  route.device = static_cast<const rtnexthop*>(mnl_attr_get_payload(attribute))->rtnh_ifindex;
}

// Nothing for what is not a unicast route of the main table.
std::optional<Route> parse_route(const nlmsghdr* header) {
  const auto* info = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(header));
  uint32_t table = info->rtm_table;
  Route route;
  route.destination.prefix = info->rtm_dst_len;
  each_attribute<rtmsg>(header, [&](const nlattr* attribute) {
    switch (mnl_attr_get_type(attribute)) {
      case RTA_TABLE:
        table = mnl_attr_get_u32(attribute);
        break;
      case RTA_DST:
        route.destination.base = ntohl(mnl_attr_get_u32(attribute));
        break;
      case RTA_PRIORITY:
        route.metric = mnl_attr_get_u32(attribute);
        break;
      case RTA_OIF:
        route.device = static_cast<int>(mnl_attr_get_u32(attribute));
        break;
      case RTA_MULTIPATH:
        parse_multipath(attribute, route);
        break;
      default:
        break;
    }
  });
  if (table != RT_TABLE_MAIN || info->rtm_family != AF_INET) return std::nullopt;
  return route;
}

std::vector<Route> main_table(NetlinkSocket& socket) {
  std::vector<Route> routes;
  NetlinkRequest request(RTM_GETROUTE, 0, "list routes", "main table");
  request.put_header<rtmsg>()->rtm_family = AF_INET;
  socket.dump(std::move(request), [&](const nlmsghdr* header) {
    if (const std::optional<Route> route = parse_route(header)) routes.push_back(*route);
  });
  return routes;
}

}  // namespace

std::optional<int> default_route_device(NetlinkSocket& route) {
  std::optional<Route> best;
  for (const Route& candidate : main_table(route)) {
    if (candidate.destination.prefix != 0 || !candidate.device) continue;
    if (!best || candidate.metric < best->metric) best = candidate;
  }
  return best ? best->device : std::nullopt;
}

std::vector<Subnet> host_routes() {
  NetlinkSocket socket(NETLINK_ROUTE);
  std::vector<Subnet> destinations;
  for (const Route& route : main_table(socket)) {
    if (route.destination.prefix != 0) destinations.push_back(route.destination);
  }
  return destinations;
}

}  // namespace netmgr
