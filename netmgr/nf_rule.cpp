// The expressions that rules are made of; nf_tables.cpp puts them into a transaction.
#include <net/if.h>

#include "netmgr/nf_message.h"
#include "netmgr/nf_tables.h"

namespace netmgr::nf {
namespace {

constexpr size_t kPartSize = 4;  // of a register
constexpr uint32_t kVerdict = NFT_REG_VERDICT;

}  // namespace

Bytes link_name(const std::string& name) {
  Bytes bytes = name;
  bytes.resize(IFNAMSIZ);
  return bytes;
}

Bytes part(const void* data, size_t size) {
  Bytes bytes(static_cast<const char*>(data), size);
  bytes.resize((size + kPartSize - 1) / kPartSize * kPartSize);
  return bytes;
}

void Rule::put(uint16_t attribute, uint32_t value) {
  put_number(message_, attribute, value);
}

Rule& Rule::expression(const char* name, const std::function<void()>& fill) {
  nest(message_, NFTA_LIST_ELEM, [&] {
    nl::put_string(message_, NFTA_EXPR_NAME, name);
    nest(message_, NFTA_EXPR_DATA, fill);
  });
  return *this;
}

Rule& Rule::meta(uint32_t key, uint32_t to) {
  return expression("meta", [&] {
    put(NFTA_META_KEY, key);
    put(NFTA_META_DREG, to);
  });
}

Rule& Rule::conntrack(uint32_t key) {
  return expression("ct", [&] {
    put(NFTA_CT_KEY, key);
    put(NFTA_CT_DREG, kFirst);
  });
}

Rule& Rule::payload(uint32_t base, uint32_t offset, uint32_t size, uint32_t to) {
  return expression("payload", [&] {
    put(NFTA_PAYLOAD_DREG, to);
    put(NFTA_PAYLOAD_BASE, base);
    put(NFTA_PAYLOAD_OFFSET, offset);
    put(NFTA_PAYLOAD_LEN, size);
  });
}

Rule& Rule::destination_type() {
  return expression("fib", [&] {
    put(NFTA_FIB_DREG, kFirst);
    put(NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
    put(NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
  });
}

Rule& Rule::mask(uint32_t bits) {
  const uint32_t none = 0;
  return expression("bitwise", [&] {
    put(NFTA_BITWISE_SREG, kFirst);
    put(NFTA_BITWISE_DREG, kFirst);
    put(NFTA_BITWISE_LEN, sizeof bits);
    put(NFTA_BITWISE_OP, NFT_BITWISE_BOOL);
    put_value(message_, NFTA_BITWISE_MASK, part(&bits, sizeof bits));
    put_value(message_, NFTA_BITWISE_XOR, part(&none, sizeof none));
  });
}

Rule& Rule::compare(uint32_t operation, const Bytes& value) {
  return expression("cmp", [&] {
    put(NFTA_CMP_SREG, kFirst);
    put(NFTA_CMP_OP, operation);
    put_value(message_, NFTA_CMP_DATA, value);
  });
}
Rule& Rule::equals(const Bytes& value) {
  return compare(NFT_CMP_EQ, value);
}
Rule& Rule::differs(const Bytes& value) {
  return compare(NFT_CMP_NEQ, value);
}

Rule& Rule::find(const char* set, uint32_t flags, std::optional<uint32_t> to) {
  return expression("lookup", [&] {
    nl::put_string(message_, NFTA_LOOKUP_SET, set);
    put(NFTA_LOOKUP_SREG, kFirst);
    if (to) put(NFTA_LOOKUP_DREG, *to);
    if (flags != 0) put(NFTA_LOOKUP_FLAGS, flags);
  });
}
Rule& Rule::in(const char* set) {
  return find(set, 0, std::nullopt);
}
Rule& Rule::not_in(const char* set) {
  return find(set, NFT_LOOKUP_F_INV, std::nullopt);
}
Rule& Rule::lookup(const char* map) {
  return find(map, 0, kFirst);
}

Rule& Rule::destination_nat(uint32_t family, uint32_t address, uint32_t port) {
  return expression("nat", [&] {
    put(NFTA_NAT_TYPE, NFT_NAT_DNAT);
    put(NFTA_NAT_FAMILY, family);
    put(NFTA_NAT_REG_ADDR_MIN, address);
    put(NFTA_NAT_REG_PROTO_MIN, port);
  });
}
Rule& Rule::masquerade() {
  return expression("masq", [] {});
}
Rule& Rule::count() {
  return expression("counter", [] {});
}

Rule& Rule::verdict(int code, const char* chain) {
  return expression("immediate", [&] {
    put(NFTA_IMMEDIATE_DREG, kVerdict);
    nest(message_, NFTA_IMMEDIATE_DATA, [&] {
      nest(message_, NFTA_DATA_VERDICT, [&] {
        put(NFTA_VERDICT_CODE, static_cast<uint32_t>(code));
        if (chain != nullptr) nl::put_string(message_, NFTA_VERDICT_CHAIN, chain);
      });
    });
  });
}

}  // namespace netmgr::nf
