#pragma once
// The layout of netlink messages and their attributes (man 7 netlink, linux/netlink.h): headers and
// attributes one behind the other, each begun at a multiple of four bytes. Nothing here throws; what writes
// relies on the buffer's room, what reads on a message that is all there (fits).
#include <linux/netlink.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace netmgr::nl {

constexpr size_t aligned(size_t size) {
  return (size + NLMSG_ALIGNTO - 1) & ~size_t{NLMSG_ALIGNTO - 1};
}
constexpr size_t kHeader = aligned(sizeof(nlmsghdr));
constexpr size_t kAttribute = aligned(sizeof(nlattr));

// An empty message at the buffer's beginning.
inline nlmsghdr* begin(void* buffer) {
  std::memset(buffer, 0, kHeader);
  auto* message = static_cast<nlmsghdr*>(buffer);
  message->nlmsg_len = kHeader;
  return message;
}
// `size` bytes behind what the message has, all zero.
inline void* put_header(nlmsghdr* message, size_t size) {
  void* place = reinterpret_cast<char*>(message) + message->nlmsg_len;
  std::memset(place, 0, aligned(size));
  message->nlmsg_len += static_cast<uint32_t>(aligned(size));
  return place;
}
inline void put(nlmsghdr* message, uint16_t type, size_t size, const void* data) {
  const size_t all = kAttribute + size;
  auto* attribute = static_cast<nlattr*>(put_header(message, all));
  attribute->nla_type = type;
  attribute->nla_len = static_cast<uint16_t>(all);
  std::memcpy(reinterpret_cast<char*>(attribute) + kAttribute, data, size);
}
inline void put_u8(nlmsghdr* message, uint16_t type, uint8_t value) {
  put(message, type, sizeof value, &value);
}
inline void put_u16(nlmsghdr* message, uint16_t type, uint16_t value) {
  put(message, type, sizeof value, &value);
}
inline void put_u32(nlmsghdr* message, uint16_t type, uint32_t value) {
  put(message, type, sizeof value, &value);
}
// With the zero at its end.
inline void put_string(nlmsghdr* message, uint16_t type, const char* text) {
  put(message, type, std::strlen(text) + 1, text);
}
// What is put until end_nest lies within the attribute.
inline nlattr* begin_nest(nlmsghdr* message, uint16_t type) {
  auto* attribute = static_cast<nlattr*>(put_header(message, kAttribute));
  attribute->nla_type = static_cast<uint16_t>(type | NLA_F_NESTED);
  return attribute;
}
inline void end_nest(const nlmsghdr* message, nlattr* attribute) {
  const char* end = reinterpret_cast<const char*>(message) + message->nlmsg_len;
  attribute->nla_len = static_cast<uint16_t>(end - reinterpret_cast<const char*>(attribute));
}

// Whether a whole message is left of what was received.
inline bool fits(const nlmsghdr* message, size_t left) {
  return left >= sizeof(nlmsghdr) && message->nlmsg_len >= sizeof(nlmsghdr) && message->nlmsg_len <= left;
}
// The one behind; `left` is what is left from there.
template <typename Message>
Message* next(Message* message, size_t& left) {
  const size_t size = aligned(message->nlmsg_len);
  left -= size < left ? size : left;
  return reinterpret_cast<Message*>(reinterpret_cast<uintptr_t>(message) + size);
}
inline const void* payload_of(const nlmsghdr* message) {
  return reinterpret_cast<const char*>(message) + kHeader;
}

inline uint16_t type_of(const nlattr* attribute) {
  return attribute->nla_type & NLA_TYPE_MASK;
}
inline size_t size_of(const nlattr* attribute) {
  return attribute->nla_len - kAttribute;
}
inline const void* data_of(const nlattr* attribute) {
  return reinterpret_cast<const char*>(attribute) + kAttribute;
}
// Numbers in the byte order they were sent in; of an attribute that is too short, 0.
template <typename Number>
Number number_of(const nlattr* attribute) {
  Number value = 0;
  if (size_of(attribute) >= sizeof value) std::memcpy(&value, data_of(attribute), sizeof value);
  return value;
}
inline uint8_t u8_of(const nlattr* attribute) {
  return number_of<uint8_t>(attribute);
}
inline uint16_t u16_of(const nlattr* attribute) {
  return number_of<uint16_t>(attribute);
}
inline uint32_t u32_of(const nlattr* attribute) {
  return number_of<uint32_t>(attribute);
}
inline uint64_t u64_of(const nlattr* attribute) {
  return number_of<uint64_t>(attribute);
}
// Up to its zero.
inline std::string string_of(const nlattr* attribute) {
  const auto* text = static_cast<const char*>(data_of(attribute));
  return {text, ::strnlen(text, size_of(attribute))};
}

// Calls `visit(const nlattr*)` for each attribute of those that lie there.
template <typename Visit>
void each(const void* attributes, size_t size, Visit visit) {
  const auto* place = static_cast<const char*>(attributes);
  while (size >= sizeof(nlattr)) {
    const auto* attribute = reinterpret_cast<const nlattr*>(place);
    if (attribute->nla_len < sizeof(nlattr) || attribute->nla_len > size) return;
    visit(attribute);
    const size_t whole = aligned(attribute->nla_len);
    if (whole >= size) return;
    place += whole;
    size -= whole;
  }
}

}  // namespace netmgr::nl
