#pragma once
// Attributes of nf_tables' messages, for the two files that write them.
#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>

#include "netmgr/netlink.h"
#include "netmgr/nf_tables.h"

namespace netmgr::nf {

// Numbers of nf_tables are big-endian.
inline void put_number(nlmsghdr* message, uint16_t attribute, uint32_t value) {
  nl::put_u32(message, attribute, htonl(value));
}
inline void put_bytes(nlmsghdr* message, uint16_t attribute, const Bytes& bytes) {
  nl::put(message, attribute, bytes.size(), bytes.data());
}
inline void put_value(nlmsghdr* message, uint16_t attribute, const Bytes& bytes) {
  nest(message, attribute, [&] { put_bytes(message, NFTA_DATA_VALUE, bytes); });
}

}  // namespace netmgr::nf
