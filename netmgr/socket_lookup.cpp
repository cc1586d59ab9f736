#include "netmgr/socket_lookup.h"

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>

namespace netmgr {
namespace {

constexpr uint32_t kUdpSlot = 0;
constexpr uint32_t kTcpSlot = 1;

int bpf(int command, bpf_attr& attributes) {
  return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

sys::Fd make_socket_map() {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_SOCKMAP;
  attributes.key_size = sizeof(uint32_t);
  attributes.value_size = sizeof(uint64_t);
  attributes.max_entries = 2;
  return sys::Fd(bpf(BPF_MAP_CREATE, attributes));
}

bool put(const sys::Fd& map, uint32_t slot, const sys::Fd& socket) {
  const auto value = static_cast<uint64_t>(socket.get());
  bpf_attr attributes{};
  attributes.map_fd = static_cast<uint32_t>(map.get());
  attributes.key = reinterpret_cast<uint64_t>(&slot);
  attributes.value = reinterpret_cast<uint64_t>(&value);
  return bpf(BPF_MAP_UPDATE_ELEM, attributes) == 0;
}

// One instruction each; `offset` is a jump's distance or a memory offset.
constexpr bpf_insn instruction(int code, int destination, int source, int offset, int32_t value) {
  bpf_insn result{};
  result.code = static_cast<uint8_t>(code);
  result.dst_reg = static_cast<uint8_t>(destination & 0xf);
  result.src_reg = static_cast<uint8_t>(source & 0xf);
  result.off = static_cast<int16_t>(offset);
  result.imm = value;
  return result;
}

constexpr bpf_insn load_context(int destination, size_t field) {
  return instruction(BPF_LDX | BPF_MEM | BPF_W, destination, BPF_REG_6, static_cast<int>(field), 0);
}
constexpr bpf_insn jump_unless_equal(int left, int32_t right, int distance) {
  return instruction(BPF_JMP32 | BPF_JNE | BPF_K, left, 0, distance, right);
}
constexpr bpf_insn set(int destination, int32_t value) {
  return instruction(BPF_ALU64 | BPF_MOV | BPF_K, destination, 0, 0, value);
}
constexpr bpf_insn copy(int destination, int source) {
  return instruction(BPF_ALU64 | BPF_MOV | BPF_X, destination, source, 0, 0);
}
constexpr bpf_insn call(int function) {
  return instruction(BPF_JMP | BPF_CALL, 0, 0, 0, function);
}

sys::Fd load_program(const sys::Fd& map, uint32_t address, uint16_t port) {
  const std::array<bpf_insn, 26> program{{
      copy(BPF_REG_6, BPF_REG_1),
      load_context(BPF_REG_2, offsetof(bpf_sk_lookup, family)),
      jump_unless_equal(BPF_REG_2, AF_INET, 21),
      load_context(BPF_REG_2, offsetof(bpf_sk_lookup, local_ip4)),
      jump_unless_equal(BPF_REG_2, static_cast<int32_t>(htonl(address)), 19),
      load_context(BPF_REG_2, offsetof(bpf_sk_lookup, local_port)),
      jump_unless_equal(BPF_REG_2, port, 17),
      load_context(BPF_REG_2, offsetof(bpf_sk_lookup, protocol)),
      // The slot goes onto the stack: the map look-up takes a pointer.
      instruction(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, static_cast<int32_t>(kUdpSlot)),
      jump_unless_equal(BPF_REG_2, IPPROTO_TCP, 1),
      instruction(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, static_cast<int32_t>(kTcpSlot)),
      instruction(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map.get()),
      instruction(0, 0, 0, 0, 0),  // upper half of the 64-bit load
      copy(BPF_REG_2, BPF_REG_10),
      instruction(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4),
      call(BPF_FUNC_map_lookup_elem),
      instruction(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 7, 0),
      copy(BPF_REG_7, BPF_REG_0),  // a reference that has to be given back
      copy(BPF_REG_1, BPF_REG_6),
      copy(BPF_REG_2, BPF_REG_7),
      set(BPF_REG_3, 0),
      call(BPF_FUNC_sk_assign),
      copy(BPF_REG_1, BPF_REG_7),
      call(BPF_FUNC_sk_release),
      set(BPF_REG_0, SK_PASS),
      instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  }};
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_SK_LOOKUP;
  attributes.expected_attach_type = BPF_SK_LOOKUP;
  attributes.insns = reinterpret_cast<uint64_t>(program.data());
  attributes.insn_cnt = program.size();
  attributes.license = reinterpret_cast<uint64_t>("MIT");
  return sys::Fd(bpf(BPF_PROG_LOAD, attributes));
}

}  // namespace

sys::Fd redirect_lookups(const sys::Fd& netns, uint32_t address, uint16_t port, const sys::Fd& udp,
                         const sys::Fd& listener) {
  const sys::Fd map = make_socket_map();
  if (!map || !put(map, kUdpSlot, udp) || !put(map, kTcpSlot, listener)) return {};
  const sys::Fd program = load_program(map, address, port);
  if (!program) return {};
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<uint32_t>(program.get());
  attributes.link_create.target_fd = static_cast<uint32_t>(netns.get());
  attributes.link_create.attach_type = BPF_SK_LOOKUP;
  return sys::Fd(bpf(BPF_LINK_CREATE, attributes));
}

}  // namespace netmgr
