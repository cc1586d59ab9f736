// The veth pairs of endpoints.
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>

#include <cerrno>

#include "netmgr/link_request.h"
#include "netmgr/namespace_scope.h"
#include "netmgr/source_guard.h"
#include "sys/error.h"

namespace netmgr {
namespace {

NetlinkRequest veth_request(const Link& bridge, const VethSettings& settings, int netns) {
  NetlinkRequest request = link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "make veth", settings.name);
  nlmsghdr* header = request.header();
  nl::put_u32(header, IFLA_MTU, static_cast<uint32_t>(bridge.mtu));
  nest(request, IFLA_LINKINFO, [&] {
    request.put_string(IFLA_INFO_KIND, "veth");
    nest(request, IFLA_INFO_DATA, [&] {
      nest(request, VETH_INFO_PEER, [&] {
        request.put_header<ifinfomsg>();
        request.put_string(IFLA_IFNAME, settings.peer.name);
        nl::put_u32(header, IFLA_MTU, static_cast<uint32_t>(bridge.mtu));
        nl::put_u32(header, IFLA_NET_NS_FD, static_cast<uint32_t>(netns));
        put_mac(request, settings.peer.mac, settings.name);
      });
    });
  });
  return request;
}

NetlinkRequest port_request(const Link& bridge, const VethSettings& settings) {
  NetlinkRequest request = link_request(RTM_SETLINK, 0, "join bridge", settings.name, IFF_UP);
  nl::put_u32(request.header(), IFLA_MASTER, static_cast<uint32_t>(bridge.index));
  request.put_string(IFLA_IFALIAS, settings.alias);
  if (ipv6_is_built_in()) nest(request, IFLA_AF_SPEC, [&] { put_no_ipv6_addresses(request); });
  return request;
}

// Hairpin mode lets a container reach itself by its published port also where br_netfilter rewrites the frame
// while it is still being bridged: it has to leave by the port it came in.
NetlinkRequest port_mode_request(const VethSettings& settings) {
  NetlinkRequest request = link_request(RTM_NEWLINK, 0, "set the mode of the bridge's port", settings.name);
  nest(request, IFLA_LINKINFO, [&] {
    request.put_string(IFLA_INFO_SLAVE_KIND, "bridge");
    nest(request, IFLA_INFO_SLAVE_DATA, [&] {
      nl::put_u8(request.header(), IFLA_BRPORT_MODE, 1);
      nl::put_u8(request.header(), IFLA_BRPORT_ISOLATED, settings.isolated ? 1 : 0);
    });
  });
  return request;
}

}  // namespace

void make_veth(NetlinkSocket& route, const Link& bridge, const VethSettings& settings, const sys::Fd& netns) {
  std::vector<NetlinkRequest> requests;
  requests.push_back(link_request(RTM_DELLINK, 0, "delete leftover link", settings.name, 0, {ENODEV}));
  requests.push_back(veth_request(bridge, settings, netns.get()));
  requests.push_back(port_request(bridge, settings));
  requests.push_back(port_mode_request(settings));
  requests.push_back(link_request(RTM_GETLINK, 0, "look up link", settings.name));
  std::optional<Link> made;
  try {
    route.run(std::move(requests), [&](const nlmsghdr* header) { made = parse_link(header); });
    if (!made) throw sys::Error(ENODEV, "look up link", settings.name);
    // Before the container's end is up: no frame passes unseen.
    guard_source(route, made->index, settings.name, {settings.peer.mac, settings.peer.addresses});
    const NamespaceScope inside(netns);
    NetlinkSocket socket(NETLINK_ROUTE);
    configure(socket, settings.peer);
    // A link just come up sends only after deferred work of the kernel; asking for it has that done now
    // (Linux 6.6).
    find_link(route, settings.name);
    find_link(route, bridge.name);
  } catch (...) {
    delete_link(route, settings.name);
    throw;
  }
}

}  // namespace netmgr
