#include "netmgr/link_request.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <net/if.h>
#include <netinet/ether.h>

#include <algorithm>
#include <cerrno>

#include "sys/error.h"
#include "sys/file.h"

namespace netmgr {
namespace {

constexpr uint8_t kAddressModeNone = 1;  // IN6_ADDR_GEN_MODE_NONE
constexpr uint16_t kAddressOrigin = 11;  // IFA_PROTO, of headers newer than ours

NetlinkRequest address_request(uint16_t type, uint16_t flags, const char* call, int index,
                               const InterfaceAddress& address, const std::string& object, int tolerated) {
  NetlinkRequest request(type, flags, call, object, {tolerated});
  auto* info = request.put_header<ifaddrmsg>();
  info->ifa_family = address.address.v6 ? AF_INET6 : AF_INET;
  info->ifa_prefixlen = static_cast<uint8_t>(address.prefix);
  info->ifa_index = static_cast<unsigned>(index);
  const auto& bytes = address.address.bytes;
  nl::put(request.header(), IFA_LOCAL, address.address.size(), bytes.data());
  nl::put(request.header(), IFA_ADDRESS, address.address.size(), bytes.data());
  return request;
}

void parse_kind(const nlattr* info, Link& link) {
  each_nested(info, [&](const nlattr* attribute) {
    if (nl::type_of(attribute) == IFLA_INFO_KIND) link.kind = nl::string_of(attribute);
  });
}

void parse_mac(const nlattr* attribute, Link& link) {
  if (nl::size_of(attribute) != sizeof(ether_addr)) return;
  const auto* bytes = static_cast<const uint8_t*>(nl::data_of(attribute));
  for (size_t index = 0; index < sizeof(ether_addr); ++index) {
    constexpr const char* kDigits = "0123456789abcdef";
    if (index > 0) link.mac += ':';
    link.mac += kDigits[bytes[index] >> 4];
    link.mac += kDigits[bytes[index] & 15];
  }
}

}  // namespace

NetlinkRequest link_request(uint16_t type, uint16_t flags, const char* call, const std::string& name,
                            unsigned set_flags, std::initializer_list<int> tolerated) {
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
  nl::put(request.header(), IFLA_ADDRESS, sizeof address, &address);
}

void put_no_ipv6_addresses(NetlinkRequest& request) {
  nest(request, AF_INET6, [&] { nl::put_u8(request.header(), IFLA_INET6_ADDR_GEN_MODE, kAddressModeNone); });
}

NetlinkRequest no_ipv6_request(const std::string& name) {
  NetlinkRequest request = link_request(RTM_SETLINK, 0, "switch off IPv6 addresses", name);
  nest(request, IFLA_AF_SPEC, [&] { put_no_ipv6_addresses(request); });
  return request;
}

// IPv4 device settings are numbered as in linux/ip.h.
void put_route_localnet(NetlinkRequest& request, bool on) {
  nest(request, AF_INET, [&] {
    nest(request, IFLA_INET_CONF,
         [&] { nl::put_u32(request.header(), IPV4_DEVCONF_ROUTE_LOCALNET, on ? 1 : 0); });
  });
}

bool ipv6_is_built_in() {
  return sys::read_file_if_exists("/proc/sys/net/ipv6/conf/all/disable_ipv6").has_value();
}

NetlinkRequest add_address_request(int index, const InterfaceAddress& address, const std::string& object,
                                   uint8_t origin) {
  NetlinkRequest request = address_request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, "add address", index,
                                           address, object, EEXIST);
  if (origin != 0) nl::put_u8(request.header(), kAddressOrigin, origin);
  if (address.address.v6) {
    nl::put_u32(request.header(), IFA_FLAGS, IFA_F_NODAD);
    return request;
  }
  if (address.prefix >= 31) return request;
  const uint32_t host_bits = address.prefix == 0 ? ~uint32_t{0} : (uint32_t{1} << (32 - address.prefix)) - 1;
  nl::put_u32(request.header(), IFA_BROADCAST, htonl(ipv4_number(address.address) | host_bits));
  return request;
}

NetlinkRequest delete_address_request(int index, const InterfaceAddress& address, const std::string& object) {
  return address_request(RTM_DELADDR, 0, "delete address", index, address, object, EADDRNOTAVAIL);
}

NetlinkRequest default_route_request(int index, const Address& gateway, const std::string& object) {
  NetlinkRequest request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, "add default route", object);
  auto* info = request.put_header<rtmsg>();
  info->rtm_family = gateway.v6 ? AF_INET6 : AF_INET;
  info->rtm_table = RT_TABLE_MAIN;
  info->rtm_protocol = RTPROT_STATIC;
  info->rtm_scope = RT_SCOPE_UNIVERSE;
  info->rtm_type = RTN_UNICAST;
  nl::put(request.header(), RTA_GATEWAY, gateway.size(), gateway.bytes.data());
  nl::put_u32(request.header(), RTA_OIF, static_cast<uint32_t>(index));
  return request;
}

Link parse_link(const nlmsghdr* header) {
  const auto* info = static_cast<const ifinfomsg*>(nl::payload_of(header));
  Link link;
  link.index = info->ifi_index;
  link.up = (info->ifi_flags & IFF_UP) != 0;
  each_attribute<ifinfomsg>(header, [&](const nlattr* attribute) {
    switch (nl::type_of(attribute)) {
      case IFLA_IFNAME:
        link.name = nl::string_of(attribute);
        break;
      case IFLA_IFALIAS:
        link.alias = nl::string_of(attribute);
        break;
      case IFLA_MTU:
        link.mtu = static_cast<int>(nl::u32_of(attribute));
        break;
      case IFLA_ADDRESS:
        parse_mac(attribute, link);
        break;
      case IFLA_LINKINFO:
        parse_kind(attribute, link);
        break;
      default:
        break;
    }
  });
  return link;
}

std::vector<OriginAddress> addresses_with_origin(NetlinkSocket& route, const Link& link) {
  std::vector<OriginAddress> addresses;
  NetlinkRequest request(RTM_GETADDR, 0, "list addresses", link.name);
  request.put_header<ifaddrmsg>()->ifa_family = AF_UNSPEC;
  route.dump(std::move(request), [&](const nlmsghdr* header) {
    const auto* info = static_cast<const ifaddrmsg*>(nl::payload_of(header));
    if (info->ifa_index != static_cast<unsigned>(link.index)) return;
    OriginAddress found;
    found.address.prefix = info->ifa_prefixlen;
    Address& address = found.address.address;
    address.v6 = info->ifa_family == AF_INET6;
    bool has_local = false;
    each_attribute<ifaddrmsg>(header, [&](const nlattr* attribute) {
      const uint16_t type = nl::type_of(attribute);
      if (type == kAddressOrigin) found.origin = nl::u8_of(attribute);
      // IPv6 has the local one only where there is a peer.
      if (type != IFA_LOCAL && (type != IFA_ADDRESS || has_local)) return;
      has_local = type == IFA_LOCAL;
      const auto* bytes = static_cast<const uint8_t*>(nl::data_of(attribute));
      std::copy_n(bytes, std::min<size_t>(nl::size_of(attribute), address.size()), address.bytes.begin());
    });
    addresses.push_back(found);
  });
  return addresses;
}

}  // namespace netmgr
