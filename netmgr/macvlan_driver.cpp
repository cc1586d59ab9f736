// The macvlan driver: each endpoint is a link of its own MAC address on a link of the host, its parent
// (kernel's Documentation/networking/device_drivers or ip-link(8), MACVLAN). The containers are on the
// parent's network like machines: what is there gives out routes and firewalls, so ours has no part in it.
// With the host itself they cannot speak, which is macvlan's way.
//
// The parent may be a VLAN's link: "eth0.10" is made on eth0 when it is not there, with VLAN id 10. Without a
// parent the network has one that leads nowhere, and its containers reach each other only.
#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "netmgr/driver_names.h"
#include "netmgr/link_request.h"
#include "netmgr/namespace_scope.h"
#include "sys/error.h"
#include "sys/file.h"

namespace netmgr {
namespace {

constexpr char kParent[] = "parent";
constexpr char kMode[] = "macvlan_mode";
constexpr int kMostVlan = 4094;

std::optional<uint32_t> mode_of(const std::string& text) {
  if (text.empty() || text == "bridge") return MACVLAN_MODE_BRIDGE;
  if (text == "private") return MACVLAN_MODE_PRIVATE;
  if (text == "vepa") return MACVLAN_MODE_VEPA;
  if (text == "passthru") return MACVLAN_MODE_PASSTHRU;
  return std::nullopt;
}

std::string parent_of(const Network& network) {
  const std::string chosen = option_of(network, kParent);
  return chosen.empty() ? "dm-" + short_id(network.id) : chosen;
}

struct Vlan {
  std::string base;
  uint16_t id = 0;
};

// "eth0.10"; nothing for what does not end in the number of a VLAN.
std::optional<Vlan> vlan_of(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0) return std::nullopt;
  int id = 0;
  const char* end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data() + dot + 1, end, id);
  if (parsed.ec != std::errc() || parsed.ptr != end || id < 1 || id > kMostVlan) return std::nullopt;
  return Vlan{name.substr(0, dot), static_cast<uint16_t>(id)};
}

// Up, with our alias, which says that it is to go with the network. Sent with what makes the link it is one
// message to the kernel, which a kill does not part.
void put_claim(std::vector<NetlinkRequest>& requests, const std::string& name, const Network& network) {
  NetlinkRequest set = link_request(RTM_SETLINK, 0, "set up parent link", name, IFF_UP);
  set.put_string(IFLA_IFALIAS, network_alias(network));
  if (ipv6_is_built_in()) requests.push_back(no_ipv6_request(name));
  requests.push_back(std::move(set));
}

void claim(NetlinkSocket& route, const std::string& name, const Network& network) {
  std::vector<NetlinkRequest> requests;
  put_claim(requests, name, network);
  route.run(std::move(requests));
}

void make_vlan(NetlinkSocket& route, const std::string& name, const Network& network) {
  const std::optional<Vlan> vlan = vlan_of(name);
  if (!vlan)
    throw sys::Error(ENODEV,
                     "use as parent of a macvlan network: this host has no such link (a VLAN's is made "
                     "when it is called like eth0.10)",
                     name);
  const std::optional<Link> base = find_link(route, vlan->base);
  if (!base) throw sys::Error(ENODEV, "make VLAN " + name + ": this host has no link " + vlan->base, name);
  NetlinkRequest make =
      link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "make VLAN link", name, 0, {EEXIST});
  nl::put_u32(make.header(), IFLA_LINK, static_cast<uint32_t>(base->index));
  nest(make, IFLA_LINKINFO, [&] {
    make.put_string(IFLA_INFO_KIND, "vlan");
    nest(make, IFLA_INFO_DATA, [&] { nl::put_u16(make.header(), IFLA_VLAN_ID, vlan->id); });
  });
  std::vector<NetlinkRequest> requests;
  requests.push_back(std::move(make));
  put_claim(requests, name, network);
  route.run(std::move(requests));
}

// A link that leads nowhere: a dummy, and where the kernel has none one end of a veth pair whose other end
// hears nothing.
void make_lonely_parent(NetlinkSocket& route, const std::string& name, const Network& network) {
  NetlinkRequest make =
      link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "make dummy link", name, 0, {EEXIST});
  nest(make, IFLA_LINKINFO, [&] { make.put_string(IFLA_INFO_KIND, "dummy"); });
  std::vector<NetlinkRequest> requests;
  requests.push_back(std::move(make));
  put_claim(requests, name, network);
  try {
    route.run(std::move(requests));
  } catch (const sys::Error& error) {
    if (error.code() != EOPNOTSUPP) throw;
    const std::string other = "dp-" + short_id(network.id);
    NetlinkRequest pair =
        link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "make parent link", name, 0, {EEXIST});
    nest(pair, IFLA_LINKINFO, [&] {
      pair.put_string(IFLA_INFO_KIND, "veth");
      nest(pair, IFLA_INFO_DATA, [&] {
        nest(pair, VETH_INFO_PEER, [&] {
          pair.put_header<ifinfomsg>();
          pair.put_string(IFLA_IFNAME, other);
        });
      });
    });
    NetlinkRequest deaf = link_request(RTM_SETLINK, 0, "set up link", other, IFF_UP | IFF_NOARP);
    requests.clear();
    requests.push_back(std::move(pair));
    if (ipv6_is_built_in()) requests.push_back(no_ipv6_request(other));
    requests.push_back(std::move(deaf));
    put_claim(requests, name, network);
    route.run(std::move(requests));
  }
}

void remove_by_mac(NetlinkSocket& inside, const std::string& mac) {
  for (const Link& link : all_links(inside))
    if (link.kind == "macvlan" && link.mac == mac) delete_link(inside, link.name);
}

class MacvlanDriver final : public Driver {
 public:
  std::string link_of(const Network& network) const override { return parent_of(network); }
  bool leads_out(const Network& network) const override {
    return !network.internal && !option_of(network, kParent).empty();
  }

  std::string complaint(const Network& network) const override {
    const std::string mode = option_of(network, kMode);
    const std::string wrong_mode =
        mode_of(mode) ? ""
                      : fmt::format("{} '{}' is none of bridge, private, vepa and passthru", kMode, mode);
    const std::string parent =
        network.options.contains(kParent) ? complaint_of_link_name(kParent, option_of(network, kParent)) : "";
    for (const std::string& text :
         {complaint_of_options(network, {kParent, kMode, kMtuOption, kPrefixOption}), parent, wrong_mode,
          complaint_of_mtu(network), complaint_of_prefix(network)})
      if (!text.empty()) return text;
    return "";
  }

  void setup(const Network& network) const override {
    NetlinkSocket route(NETLINK_ROUTE);
    const std::string parent = parent_of(network);
    const std::optional<Link> link = find_link(route, parent);
    const bool ours = link && is_same_network(link->alias, network_alias(network));
    if (link && !ours) {
      if (!link->up) set_up(route, parent);
    } else if (option_of(network, kParent).empty()) {
      make_lonely_parent(route, parent, network);
    } else {
      make_vlan(route, parent, network);
    }
  }

  void teardown(const Network& network, const std::vector<Network>& others) const override {
    NetlinkSocket route(NETLINK_ROUTE);
    const std::string parent = parent_of(network);
    const std::optional<Link> link = find_link(route, parent);
    if (!link || !is_same_network(link->alias, network_alias(network))) return;
    const auto heir = std::find_if(others.begin(), others.end(), [&](const Network& other) {
      return other.id != network.id && other.driver == network.driver && parent_of(other) == parent;
    });
    if (heir == others.end())
      delete_link(route, parent);
    else
      claim(route, parent, *heir);
  }

  bool is_up(const Network& network) const override {
    NetlinkSocket route(NETLINK_ROUTE);
    const std::optional<Link> link = find_link(route, parent_of(network));
    return link && link->up;
  }

  void attach(const Network& network, const Endpoint& endpoint, const sys::Fd& netns) const override {
    const std::string parent = parent_of(network);
    const std::string object = "container " + short_id(endpoint.container_id);
    const InnerLink link = inner_link(network, endpoint);
    // Before Linux 6.14 a link cannot be made with a name that one of the host has, wherever it is to go.
    const std::string first_name = veth_name(network.id, endpoint.container_id);
    NetlinkSocket route(NETLINK_ROUTE);
    const std::optional<Link> lower = find_link(route, parent);
    if (!lower) throw sys::Error(ENODEV, "attach to macvlan parent " + parent, object);
    NetlinkRequest make =
        link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "make macvlan link", first_name);
    nlmsghdr* header = make.header();
    nl::put_u32(header, IFLA_LINK, static_cast<uint32_t>(lower->index));
    nl::put_u32(header, IFLA_NET_NS_FD, static_cast<uint32_t>(netns.get()));
    if (const int mtu = mtu_of(network); mtu != 0) nl::put_u32(header, IFLA_MTU, static_cast<uint32_t>(mtu));
    put_mac(make, link.mac, object);
    nest(make, IFLA_LINKINFO, [&] {
      make.put_string(IFLA_INFO_KIND, "macvlan");
      nest(make, IFLA_INFO_DATA,
           [&] { nl::put_u32(header, IFLA_MACVLAN_MODE, *mode_of(option_of(network, kMode))); });
    });
    std::vector<NetlinkRequest> requests;
    requests.push_back(std::move(make));
    route.run(std::move(requests));
    const NamespaceScope inside(netns);
    NetlinkSocket socket(NETLINK_ROUTE);
    try {
      rename_link(socket, first_name, link.name);
      configure(socket, link);
    } catch (...) {
      remove_by_mac(socket, link.mac);
      throw;
    }
  }

  void detach(const Network&, const Endpoint& endpoint, const sys::Fd& netns) const override {
    if (!netns) return;
    const NamespaceScope inside(netns);
    NetlinkSocket socket(NETLINK_ROUTE);
    remove_by_mac(socket, endpoint.mac);
  }
};

}  // namespace

const Driver& macvlan_driver() {
  static const MacvlanDriver driver;
  return driver;
}

}  // namespace netmgr
