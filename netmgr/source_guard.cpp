#include "netmgr/source_guard.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netinet/ether.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "sys/error.h"

namespace netmgr {
namespace {

// Offsets in an Ethernet frame.
constexpr uint32_t kSourceMac = 6;
constexpr uint32_t kProtocol = 12;
constexpr uint32_t kIpSource = 26;
constexpr uint32_t kArpSenderMac = 22;
constexpr uint32_t kArpSenderIp = 28;

constexpr uint32_t kPass = 0xffffffff;  // TC_ACT_UNSPEC: on to what else there is

constexpr sock_filter load(uint16_t size, uint32_t offset) {
  return {static_cast<uint16_t>(BPF_LD | BPF_ABS | size), 0, 0, offset};
}
constexpr sock_filter mask(uint32_t bits) {
  return {BPF_ALU | BPF_AND | BPF_K, 0, 0, bits};
}
constexpr sock_filter end(uint32_t verdict) {
  return {BPF_RET | BPF_K, 0, 0, verdict};
}
// Jumps `equal` or `differs` instructions on.
constexpr sock_filter compare(uint32_t value, uint8_t equal, uint8_t differs) {
  return {BPF_JMP | BPF_JEQ | BPF_K, equal, differs, value};
}

constexpr size_t kProgramSize = 21;
using Program = std::array<sock_filter, kProgramSize>;

Program make_program(const ether_addr& mac, uint32_t address, int prefix) {
  const uint8_t* byte = mac.ether_addr_octet;
  const uint32_t high = static_cast<uint32_t>(byte[0]) << 24 | static_cast<uint32_t>(byte[1]) << 16 |
                        static_cast<uint32_t>(byte[2]) << 8 | byte[3];
  const uint32_t low = static_cast<uint32_t>(byte[4]) << 8 | byte[5];
  const uint32_t netmask = prefix == 0 ? 0 : ~uint32_t{0} << (32 - prefix);
  // The last two are the verdicts; a jump's distance is counted from the next instruction.
  const auto pass = [](uint8_t at) { return static_cast<uint8_t>(kProgramSize - 2 - (at + 1)); };
  const auto drop = [](uint8_t at) { return static_cast<uint8_t>(kProgramSize - 1 - (at + 1)); };
  return {{
      load(BPF_W, kSourceMac),                         // 0
      compare(high, 0, drop(1)),                       // 1
      load(BPF_H, kSourceMac + 4),                     // 2
      compare(low, 0, drop(3)),                        // 3
      load(BPF_H, kProtocol),                          // 4
      compare(ETH_P_IP, 0, 4),                         // 5: else to 10
      load(BPF_W, kIpSource),                          // 6
      compare(address, pass(7), 0),                    // 7
      mask(netmask),                                   // 8
      compare(address & netmask, drop(9), pass(9)),    // 9
      compare(ETH_P_ARP, 0, drop(10)),                 // 10
      load(BPF_W, kArpSenderMac),                      // 11
      compare(high, 0, drop(12)),                      // 12
      load(BPF_H, kArpSenderMac + 4),                  // 13
      compare(low, 0, drop(14)),                       // 14
      load(BPF_W, kArpSenderIp),                       // 15
      compare(address, pass(16), 0),                   // 16
      mask(netmask),                                   // 17
      compare(address & netmask, drop(18), pass(18)),  // 18
      end(kPass),                                      // 19
      end(TC_ACT_SHOT),                                // 20
  }};
}

NetlinkRequest qdisc_request(int index, const std::string& name) {
  NetlinkRequest request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, "add clsact queueing discipline", name,
                         {EEXIST});
  auto* info = request.put_header<tcmsg>();
  info->tcm_ifindex = index;
  info->tcm_parent = TC_H_CLSACT;
  info->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
  request.put_string(TCA_KIND, "clsact");
  return request;
}

NetlinkRequest filter_request(int index, const std::string& name, const Program& program) {
  NetlinkRequest request(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, "add source address filter", name);
  nlmsghdr* header = request.header();
  auto* info = request.put_header<tcmsg>();
  info->tcm_ifindex = index;
  info->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
  info->tcm_info = TC_H_MAKE(1U << 16, htons(ETH_P_ALL));
  request.put_string(TCA_KIND, "bpf");
  nlattr* options = mnl_attr_nest_start(header, TCA_OPTIONS);
  mnl_attr_put_u16(header, TCA_BPF_OPS_LEN, program.size());
  mnl_attr_put(header, TCA_BPF_OPS, sizeof program, program.data());
  mnl_attr_put_u32(header, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
  mnl_attr_nest_end(header, options);
  return request;
}

}  // namespace

void guard_source(NetlinkSocket& route, int index, const std::string& name, const Source& source) {
  ether_addr mac{};
  if (::ether_aton_r(source.mac.c_str(), &mac) == nullptr)
    throw sys::Error(EINVAL, "MAC address " + source.mac, name);
  std::vector<NetlinkRequest> requests;
  requests.push_back(qdisc_request(index, name));
  requests.push_back(filter_request(index, name, make_program(mac, source.address, source.prefix)));
  route.run(std::move(requests));
}

}  // namespace netmgr
