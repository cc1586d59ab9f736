#include "netmgr/source_guard.h"

#include <arpa/inet.h>
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netinet/ether.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sys/error.h"

namespace netmgr {
namespace {

// Offsets in an Ethernet frame.
constexpr uint32_t kSourceMac = 6;
constexpr uint32_t kProtocol = 12;
constexpr uint32_t kIpSource = 26;
constexpr uint32_t kArpSenderMac = 22;
constexpr uint32_t kArpSenderIp = 28;
constexpr uint32_t kIpv6NextHeader = 20;
constexpr uint32_t kIpv6Source = 22;
constexpr uint32_t kIpv6Payload = 54;
constexpr uint32_t kAdvertisedTarget = 8;  // within ICMPv6

constexpr uint32_t kNeighbourAdvertisement = 136;
constexpr int kMostExtensions = 2;  // headers of extension before ICMPv6; nobody sends more

constexpr uint32_t kPassed = 0xffffffff;  // TC_ACT_UNSPEC: on to what else there is

// As the program sees it: words of 32 bits.
std::vector<uint32_t> words_of(const Address& address) {
  std::vector<uint32_t> words;
  for (size_t index = 0; index < address.size(); index += 4) {
    uint32_t word = 0;
    for (size_t byte = 0; byte < 4; ++byte) word = word << 8 | address.bytes[index + byte];
    words.push_back(word);
  }
  return words;
}

// Puts instructions together. A label is a place further on, known when it is reached.
class Assembler {
 public:
  using Label = size_t;
  static constexpr Label kNext = 0, kPass = 1, kDrop = 2;

  Label label() {
    places_.push_back(0);
    return places_.size() - 1;
  }
  void here(Label label) { places_[label] = program_.size(); }
  void add(int code, uint32_t value = 0) { program_.push_back({static_cast<uint16_t>(code), 0, 0, value}); }
  // `mode`: BPF_ABS, or BPF_IND for what is counted from the index register.
  void load(int mode, int size, uint32_t offset) { add(BPF_LD | mode | size, offset); }
  // By what is loaded.
  void compare(uint32_t value, Label equal, Label differs) {
    jumps_.push_back({program_.size(), equal, differs});
    add(BPF_JMP | BPF_JEQ | BPF_K, value);
  }
  void jump(Label to) { compare(0, to, to); }

  // To `matched` when what is at `offset` is `address`, as far as its first `prefix` bits go; else on.
  void match(const Address& address, int prefix, int mode, uint32_t offset, Label matched) {
    const Label miss = label();
    const std::vector<uint32_t> words = words_of(address);
    for (size_t index = 0; index < words.size(); ++index) {
      const int bits = std::clamp(prefix - 32 * static_cast<int>(index), 0, 32);
      if (bits == 0) break;
      const uint32_t mask = ~uint32_t{0} << (32 - bits);
      load(mode, BPF_W, offset + 4 * static_cast<uint32_t>(index));
      if (bits < 32) add(BPF_ALU | BPF_AND | BPF_K, mask);
      compare(words[index] & mask, kNext, miss);
    }
    jump(matched);
    here(miss);
  }

  std::vector<sock_filter> finish() {
    here(kPass);
    add(BPF_RET | BPF_K, kPassed);
    here(kDrop);
    add(BPF_RET | BPF_K, TC_ACT_SHOT);
    for (const Jump& jump : jumps_) {
      program_[jump.at].jt = distance(jump.at, jump.equal);
      program_[jump.at].jf = distance(jump.at, jump.differs);
    }
    return program_;
  }

 private:
  struct Jump {
    size_t at;
    Label equal, differs;
  };

  uint8_t distance(size_t from, Label to) const {
    const size_t far = to == kNext ? 0 : places_[to] - from - 1;
    if (far > UINT8_MAX) throw sys::Error(EOVERFLOW, "assemble filter", std::to_string(far));
    return static_cast<uint8_t>(far);
  }

  std::vector<sock_filter> program_;
  std::vector<Jump> jumps_;
  std::vector<size_t> places_ = {0, 0, 0};
};

// To drop when it is an address of one of the container's subnets that is not its own, else to pass.
void judge_address(Assembler& code, const Source& source, bool v6, int mode, uint32_t offset,
                   Assembler::Label pass) {
  for (const InterfaceAddress& has : source.addresses)
    if (has.address.v6 == v6) code.match(has.address, has.address.bits(), mode, offset, pass);
  for (const InterfaceAddress& has : source.addresses)
    if (has.address.v6 == v6) code.match(has.address, has.prefix, mode, offset, Assembler::kDrop);
  code.jump(pass);
}

void require_mac(Assembler& code, const ether_addr& mac, uint32_t offset) {
  const uint8_t* byte = mac.ether_addr_octet;
  const uint32_t high = static_cast<uint32_t>(byte[0]) << 24 | static_cast<uint32_t>(byte[1]) << 16 |
                        static_cast<uint32_t>(byte[2]) << 8 | byte[3];
  const uint32_t low = static_cast<uint32_t>(byte[4]) << 8 | byte[5];
  code.load(BPF_ABS, BPF_W, offset);
  code.compare(high, Assembler::kNext, Assembler::kDrop);
  code.load(BPF_ABS, BPF_H, offset + 4);
  code.compare(low, Assembler::kNext, Assembler::kDrop);
}

// The index register goes to the payload behind the header of extension it stands at, the accumulator gets
// the kind of that.
void skip_extension(Assembler& code) {
  code.load(BPF_IND, BPF_B, 0);
  code.add(BPF_ST, 0);
  code.load(BPF_IND, BPF_B, 1);  // its length, in units of 8 bytes and without the first one
  code.add(BPF_ALU | BPF_ADD | BPF_K, 1);
  code.add(BPF_ALU | BPF_LSH | BPF_K, 3);
  code.add(BPF_ALU | BPF_ADD | BPF_X);
  code.add(BPF_MISC | BPF_TAX);
  code.add(BPF_LD | BPF_MEM, 0);
}

// Fragments of ICMPv6 are ignored by who gets them (RFC 6980), so they are not put together here.
void judge_advertisement(Assembler& code, const Source& source) {
  const Assembler::Label icmp = code.label();
  code.add(BPF_LDX | BPF_W | BPF_IMM, kIpv6Payload);
  code.load(BPF_ABS, BPF_B, kIpv6NextHeader);
  for (int skipped = 0;; ++skipped) {
    const Assembler::Label extension = skipped == kMostExtensions ? Assembler::kDrop : code.label();
    code.compare(IPPROTO_ICMPV6, icmp, Assembler::kNext);
    code.compare(IPPROTO_HOPOPTS, extension, Assembler::kNext);
    code.compare(IPPROTO_ROUTING, extension, Assembler::kNext);
    code.compare(IPPROTO_DSTOPTS, extension, Assembler::kPass);
    if (skipped == kMostExtensions) break;
    code.here(extension);
    skip_extension(code);
  }
  code.here(icmp);
  code.load(BPF_IND, BPF_B, 0);
  code.compare(kNeighbourAdvertisement, Assembler::kNext, Assembler::kPass);
  judge_address(code, source, true, BPF_IND, kAdvertisedTarget, Assembler::kPass);
}

std::vector<sock_filter> make_program(const ether_addr& mac, const Source& source) {
  const auto has_family = [&](bool v6) {
    return std::any_of(source.addresses.begin(), source.addresses.end(),
                       [&](const InterfaceAddress& has) { return has.address.v6 == v6; });
  };
  const bool v4 = has_family(false), v6 = has_family(true);
  Assembler code;
  const Assembler::Label arp = v4 ? code.label() : Assembler::kDrop;
  const Assembler::Label ipv4 = v4 ? code.label() : Assembler::kDrop;
  const Assembler::Label ipv6 = v6 ? code.label() : Assembler::kDrop;
  require_mac(code, mac, kSourceMac);
  code.load(BPF_ABS, BPF_H, kProtocol);
  code.compare(ETH_P_IP, ipv4, Assembler::kNext);
  code.compare(ETH_P_ARP, arp, Assembler::kNext);
  code.compare(ETH_P_IPV6, ipv6, Assembler::kDrop);
  if (v4) {
    code.here(ipv4);
    judge_address(code, source, false, BPF_ABS, kIpSource, Assembler::kPass);
    code.here(arp);
    require_mac(code, mac, kArpSenderMac);
    judge_address(code, source, false, BPF_ABS, kArpSenderIp, Assembler::kPass);
  }
  if (v6) {
    const Assembler::Label own = code.label();
    code.here(ipv6);
    judge_address(code, source, true, BPF_ABS, kIpv6Source, own);
    code.here(own);
    judge_advertisement(code, source);
  }
  return code.finish();
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

NetlinkRequest filter_request(int index, const std::string& name, const std::vector<sock_filter>& program) {
  NetlinkRequest request(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, "add source address filter", name);
  nlmsghdr* header = request.header();
  auto* info = request.put_header<tcmsg>();
  info->tcm_ifindex = index;
  info->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
  info->tcm_info = TC_H_MAKE(1U << 16, htons(ETH_P_ALL));
  request.put_string(TCA_KIND, "bpf");
  nest(header, TCA_OPTIONS, [&] {
    nl::put_u16(header, TCA_BPF_OPS_LEN, static_cast<uint16_t>(program.size()));
    nl::put(header, TCA_BPF_OPS, program.size() * sizeof program.front(), program.data());
    nl::put_u32(header, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
  });
  return request;
}

}  // namespace

void guard_source(NetlinkSocket& route, int index, const std::string& name, const Source& source) {
  ether_addr mac{};
  if (::ether_aton_r(source.mac.c_str(), &mac) == nullptr)
    throw sys::Error(EINVAL, "MAC address " + source.mac, name);
  std::vector<NetlinkRequest> requests;
  requests.push_back(qdisc_request(index, name));
  requests.push_back(filter_request(index, name, make_program(mac, source)));
  route.run(std::move(requests));
}

}  // namespace netmgr
