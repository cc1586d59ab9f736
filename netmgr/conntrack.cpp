#include "netmgr/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "netmgr/address.h"
#include "netmgr/netlink.h"
#include "sys/error.h"

namespace netmgr {
namespace {

constexpr uint16_t kGet = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
constexpr uint16_t kDelete = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
constexpr size_t kDeleteBatch = 64;

// The flow as its first packet had it, before any rewriting.
struct Flow {
  Address source;
  Address destination;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint8_t protocol = 0;
};

NetlinkRequest conntrack_request(uint16_t type, bool v6, const char* call,
                                 std::initializer_list<int> tolerated = {}) {
  NetlinkRequest request(type, 0, call, "UDP flows", tolerated);
  request.put_header<nfgenmsg>()->nfgen_family = v6 ? AF_INET6 : AF_INET;
  return request;
}

Address address_in(const nlattr* attribute) {
  Address address;
  const size_t size = nl::size_of(attribute);
  address.v6 = size == address.bytes.size();
  const auto* bytes = static_cast<const uint8_t*>(nl::data_of(attribute));
  std::copy_n(bytes, std::min(size, address.size()), address.bytes.begin());
  return address;
}

void parse_addresses(const nlattr* nest, Flow& flow) {
  each_nested(nest, [&](const nlattr* attribute) {
    const uint16_t type = nl::type_of(attribute);
    if (type == CTA_IP_V4_SRC || type == CTA_IP_V6_SRC) flow.source = address_in(attribute);
    if (type == CTA_IP_V4_DST || type == CTA_IP_V6_DST) flow.destination = address_in(attribute);
  });
}

void parse_protocol(const nlattr* nest, Flow& flow) {
  each_nested(nest, [&](const nlattr* attribute) {
    const uint16_t type = nl::type_of(attribute);
    if (type == CTA_PROTO_NUM) flow.protocol = nl::u8_of(attribute);
    if (type == CTA_PROTO_SRC_PORT) flow.source_port = ntohs(nl::u16_of(attribute));
    if (type == CTA_PROTO_DST_PORT) flow.destination_port = ntohs(nl::u16_of(attribute));
  });
}

Flow parse_flow(const nlmsghdr* header) {
  Flow flow;
  each_attribute<nfgenmsg>(header, [&](const nlattr* attribute) {
    if (nl::type_of(attribute) != CTA_TUPLE_ORIG) return;
    each_nested(attribute, [&](const nlattr* part) {
      if (nl::type_of(part) == CTA_TUPLE_IP) parse_addresses(part, flow);
      if (nl::type_of(part) == CTA_TUPLE_PROTO) parse_protocol(part, flow);
    });
  });
  return flow;
}

NetlinkRequest delete_request(const Flow& flow) {
  NetlinkRequest request = conntrack_request(kDelete, flow.source.v6, "delete conntrack entry", {ENOENT});
  nlmsghdr* header = request.header();
  const bool v6 = flow.source.v6;
  const auto put = [&](uint16_t type, const Address& address) {
    nl::put(header, type, address.size(), address.bytes.data());
  };
  nest(header, CTA_TUPLE_ORIG, [&] {
    nest(header, CTA_TUPLE_IP, [&] {
      put(v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, flow.source);
      put(v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, flow.destination);
    });
    nest(header, CTA_TUPLE_PROTO, [&] {
      nl::put_u8(header, CTA_PROTO_NUM, flow.protocol);
      nl::put_u16(header, CTA_PROTO_SRC_PORT, htons(flow.source_port));
      nl::put_u16(header, CTA_PROTO_DST_PORT, htons(flow.destination_port));
    });
  });
  return request;
}

struct Target {
  uint16_t port = 0;
  bool v6 = false;
  std::optional<Address> address;  // nothing: any
};

std::vector<Target> udp_targets(const std::vector<Publish>& ports) {
  std::vector<Target> targets;
  for (const Publish& port : ports) {
    if (port.protocol != "udp") continue;
    Target target{port.host_port, is_ipv6(port.container_ip), parse_address(port.host_ip)};
    if (target.address && *target.address == Address{target.v6, {}}) target.address.reset();
    targets.push_back(target);
  }
  return targets;
}

bool concerns(const Flow& flow, const std::vector<Target>& targets) {
  if (flow.protocol != IPPROTO_UDP) return false;
  return std::any_of(targets.begin(), targets.end(), [&](const Target& target) {
    return flow.destination_port == target.port && flow.destination.v6 == target.v6 &&
           (!target.address || *target.address == flow.destination);
  });
}

// The kernel answers so when no module serves the ctnetlink subsystem.
bool has_no_ctnetlink(const sys::Error& error) {
  return error.code() == EINVAL || error.code() == EOPNOTSUPP || error.code() == EPROTONOSUPPORT;
}

}  // namespace

void forget_udp_flows(const std::vector<Publish>& ports) {
  const std::vector<Target> targets = udp_targets(ports);
  if (targets.empty()) return;
  std::vector<NetlinkRequest> deletions;
  try {
    NetlinkSocket socket(NETLINK_NETFILTER);
    for (const bool v6 : {false, true}) {
      const bool asked =
          std::any_of(targets.begin(), targets.end(), [&](const Target& target) { return target.v6 == v6; });
      if (!asked) continue;
      socket.dump(conntrack_request(kGet, v6, "list conntrack entries"), [&](const nlmsghdr* header) {
        const Flow flow = parse_flow(header);
        if (concerns(flow, targets)) deletions.push_back(delete_request(flow));
      });
    }
  } catch (const sys::Error& error) {
    if (has_no_ctnetlink(error)) return;
    throw;
  }
  NetlinkSocket socket(NETLINK_NETFILTER);
  while (!deletions.empty()) {
    const size_t count = std::min(kDeleteBatch, deletions.size());
    std::vector<NetlinkRequest> batch(
        std::make_move_iterator(deletions.end() - static_cast<ptrdiff_t>(count)),
        std::make_move_iterator(deletions.end()));
    deletions.erase(deletions.end() - static_cast<ptrdiff_t>(count), deletions.end());
    socket.run(std::move(batch));
  }
}

}  // namespace netmgr
