#pragma once
// DNS messages: reading a question and writing an answer in place, without allocation. RFC 1035 section 4,
// EDNS0 (RFC 6891). Reads trust nothing: every length is checked, compression in a question is refused.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "netmgr/address.h"

namespace netmgr::dns {

using Bytes = std::span<const uint8_t>;

constexpr size_t kHeaderSize = 12;
constexpr size_t kMaxUdpSize = 4096;       // what we read and, when a client allows it, send
constexpr size_t kMaxMessageSize = 65535;  // over TCP
constexpr size_t kClassicUdpSize = 512;    // without EDNS0

enum class Type : uint16_t { kA = 1, kPtr = 12, kAaaa = 28, kOpt = 41, kAny = 255 };
enum class Code : uint8_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5
};
constexpr uint16_t kClassIn = 1;

// A domain name in lower case with dots, no trailing one; the root is empty. At most 255 bytes.
class Name {
 public:
  std::string_view view() const { return {text_.data(), size_}; }
  bool append(uint8_t byte) {
    if (size_ == text_.size()) return false;
    text_[size_++] = static_cast<char>(byte);
    return true;
  }

 private:
  std::array<char, 255> text_;
  size_t size_ = 0;
};

struct Query {
  uint16_t id = 0;
  bool recursion_desired = false;
  uint8_t opcode = 0;
  Name name;
  uint16_t type = 0;
  uint16_t klass = 0;
  size_t question_end = 0;  // offset behind the question section
  bool has_edns = false;
  uint8_t edns_version = 0;
  size_t udp_size = kClassicUdpSize;  // what the client takes over UDP
};

// The reading of a message as a query. kIgnore: too short or not a query, no answer is due.
enum class Reading { kQuery, kFormErr, kIgnore };
Reading read_query(Bytes message, Query& query);

// True when `reply` is a response to the message `query` (as sent): its id, and its question byte for byte.
bool answers(Bytes reply, Bytes query);
Code code_of(Bytes message);  // of a message with a whole header
uint16_t id_of(Bytes message);
void set_id(std::span<uint8_t> message, uint16_t id);

// Writes a response to `query`, whose bytes are `message`, into a buffer of the caller's.
class Response {
 public:
  // Repeats the question when `query` was read (question_end is set). At most `limit` bytes are written.
  Response(std::span<uint8_t> buffer, Bytes message, const Query& query, Code code, size_t limit);

  // Records owned by the question's name. False when one does not fit: the response is then marked truncated.
  bool add_address(const Address& address, uint32_t ttl);  // A or AAAA
  bool add_pointer(std::string_view name, uint32_t ttl);
  // Ends it with an OPT record when the query had one. The message's size.
  size_t finish();

 private:
  bool add_record(Type type, uint32_t ttl, Bytes data);
  void put16(size_t offset, uint16_t value);

  std::span<uint8_t> buffer_;
  const Query& query_;
  size_t size_ = kHeaderSize;
  uint16_t records_ = 0;
};

// "2.0.18.172.in-addr.arpa" to 172.18.0.2, and 32 digits before "ip6.arpa" to the IPv6 address (RFC 3596);
// nothing for other names.
std::optional<Address> parse_reverse(std::string_view name);

}  // namespace netmgr::dns
