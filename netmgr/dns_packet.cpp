#include "netmgr/dns_packet.h"

#include <algorithm>
#include <charconv>

namespace netmgr::dns {
namespace {

constexpr uint8_t kResponseFlag = 0x80;          // QR
constexpr uint8_t kAuthoritativeFlag = 0x04;     // AA
constexpr uint8_t kTruncatedFlag = 0x02;         // TC
constexpr uint8_t kRecursionDesiredFlag = 0x01;  // RD
constexpr uint8_t kRecursionAvailableFlag = 0x80;
constexpr size_t kOptSize = 11;
constexpr uint16_t kOurUdpSize = 1232;  // fits one packet on any path (DNS flag day 2020)
constexpr uint16_t kPointerToQuestion = 0xc000 | kHeaderSize;

uint16_t get16(Bytes message, size_t offset) {
  return static_cast<uint16_t>(message[offset] << 8 | message[offset + 1]);
}

uint8_t to_lower(uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<uint8_t>(byte + 32) : byte;
}

// Offset behind the name at `offset`, 0 when it is malformed. A compression pointer is refused unless
// `skip_only`: a question has nothing to point back to.
size_t read_name(Bytes message, size_t offset, Name* name) {
  while (offset < message.size()) {
    const size_t length = message[offset++];
    if (length == 0) return offset;
    if (length >= 0xc0 && name == nullptr) return offset + 1 <= message.size() ? offset + 1 : 0;
    if (length > 63 || offset + length >= message.size()) return 0;
    if (name != nullptr) {
      if (!name->view().empty() && !name->append('.')) return 0;
      for (size_t index = 0; index < length; ++index) {
        if (!name->append(to_lower(message[offset + index]))) return 0;
      }
    }
    offset += length;
  }
  return 0;
}

// Looks through the records behind the question for OPT. False when they are malformed.
bool read_records(Bytes message, Query& query) {
  const size_t before_additional = size_t{get16(message, 6)} + get16(message, 8);
  const size_t count = before_additional + get16(message, 10);
  size_t offset = query.question_end;
  for (size_t index = 0; index < count; ++index) {
    constexpr size_t kFixed = 10;  // type, class, TTL, length
    offset = read_name(message, offset, nullptr);
    if (offset == 0 || offset + kFixed > message.size()) return false;
    const bool is_opt = get16(message, offset) == static_cast<uint16_t>(Type::kOpt);
    if (is_opt && index >= before_additional) {
      if (query.has_edns) return false;  // RFC 6891 section 6.1.1: one at most
      query.has_edns = true;
      query.udp_size = std::clamp<size_t>(get16(message, offset + 2), kClassicUdpSize, kMaxUdpSize);
      query.edns_version = message[offset + 5];
    }
    offset += kFixed + get16(message, offset + 8);
    if (offset > message.size()) return false;
  }
  return true;
}

}  // namespace

Reading read_query(Bytes message, Query& query) {
  if (message.size() < kHeaderSize || (message[2] & kResponseFlag) != 0) return Reading::kIgnore;
  query.id = id_of(message);
  query.opcode = message[2] >> 3 & 0xf;
  query.recursion_desired = (message[2] & kRecursionDesiredFlag) != 0;
  if (query.opcode != 0) return Reading::kQuery;  // other operations carry other sections
  if (get16(message, 4) != 1) return Reading::kFormErr;
  const size_t end = read_name(message, kHeaderSize, &query.name);
  if (end == 0 || end + 4 > message.size()) return Reading::kFormErr;
  query.type = get16(message, end);
  query.klass = get16(message, end + 2);
  query.question_end = end + 4;
  return read_records(message, query) ? Reading::kQuery : Reading::kFormErr;
}

bool answers(Bytes reply, Bytes query) {
  if (reply.size() < kHeaderSize || (reply[2] & kResponseFlag) == 0 || id_of(reply) != id_of(query))
    return false;
  const size_t end = read_name(query, kHeaderSize, nullptr);
  if (end == 0 || end + 4 > query.size()) return false;
  // A server that could not read the question may leave it out of its error.
  if (get16(reply, 4) == 0) return code_of(reply) != Code::kNoError && reply.size() == kHeaderSize;
  if (get16(reply, 4) != 1 || reply.size() < end + 4) return false;
  const auto same = [](uint8_t left, uint8_t right) { return to_lower(left) == to_lower(right); };
  return std::equal(query.begin() + kHeaderSize, query.begin() + static_cast<ptrdiff_t>(end + 4),
                    reply.begin() + kHeaderSize, same);
}

Code code_of(Bytes message) {
  return static_cast<Code>(message[3] & 0xf);
}

uint16_t id_of(Bytes message) {
  return get16(message, 0);
}

void set_id(std::span<uint8_t> message, uint16_t id) {
  message[0] = static_cast<uint8_t>(id >> 8);
  message[1] = static_cast<uint8_t>(id);
}

Response::Response(std::span<uint8_t> buffer, Bytes message, const Query& query, Code code, size_t limit)
    : buffer_(buffer.first(std::min(limit, buffer.size()))), query_(query) {
  std::fill_n(buffer_.begin(), kHeaderSize, uint8_t{0});
  set_id(buffer_, query.id);
  buffer_[2] = static_cast<uint8_t>(kResponseFlag | query.opcode << 3);
  if (query.recursion_desired) buffer_[2] |= kRecursionDesiredFlag;
  if (code == Code::kNoError) buffer_[2] |= kAuthoritativeFlag;
  buffer_[3] = static_cast<uint8_t>(kRecursionAvailableFlag | static_cast<uint8_t>(code));
  if (query.question_end == 0) return;
  put16(4, 1);
  std::copy(message.begin() + kHeaderSize, message.begin() + static_cast<ptrdiff_t>(query.question_end),
            buffer_.begin() + kHeaderSize);
  size_ = query.question_end;
}

void Response::put16(size_t offset, uint16_t value) {
  buffer_[offset] = static_cast<uint8_t>(value >> 8);
  buffer_[offset + 1] = static_cast<uint8_t>(value);
}

bool Response::add_record(Type type, uint32_t ttl, Bytes data) {
  const size_t kept = query_.has_edns ? kOptSize : 0;
  if (size_ + 12 + data.size() + kept > buffer_.size()) {
    buffer_[2] |= kTruncatedFlag;
    return false;
  }
  put16(size_, kPointerToQuestion);
  put16(size_ + 2, static_cast<uint16_t>(type));
  put16(size_ + 4, kClassIn);
  put16(size_ + 6, static_cast<uint16_t>(ttl >> 16));
  put16(size_ + 8, static_cast<uint16_t>(ttl));
  put16(size_ + 10, static_cast<uint16_t>(data.size()));
  std::copy(data.begin(), data.end(), buffer_.begin() + static_cast<ptrdiff_t>(size_ + 12));
  size_ += 12 + data.size();
  ++records_;
  return true;
}

bool Response::add_address(const Address& address, uint32_t ttl) {
  return add_record(address.v6 ? Type::kAaaa : Type::kA, ttl, Bytes(address.bytes).first(address.size()));
}

bool Response::add_pointer(std::string_view name, uint32_t ttl) {
  std::array<uint8_t, 257> data;
  size_t size = 0;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    name.remove_prefix(std::min(name.size(), label.size() + 1));
    if (label.empty() || label.size() > 63 || size + label.size() + 2 > data.size()) return false;
    data[size++] = static_cast<uint8_t>(label.size());
    std::copy(label.begin(), label.end(), data.begin() + static_cast<ptrdiff_t>(size));
    size += label.size();
  }
  data[size++] = 0;
  return add_record(Type::kPtr, ttl, Bytes(data).first(size));
}

size_t Response::finish() {
  put16(6, records_);
  if (query_.has_edns && size_ + kOptSize <= buffer_.size()) {
    constexpr uint8_t kBadVersion = 1;  // upper bits of response code 16
    put16(10, 1);
    buffer_[size_] = 0;
    put16(size_ + 1, static_cast<uint16_t>(Type::kOpt));
    put16(size_ + 3, kOurUdpSize);
    put16(size_ + 5, static_cast<uint16_t>((query_.edns_version > 0 ? kBadVersion : 0) << 8));
    put16(size_ + 7, 0);
    put16(size_ + 9, 0);
    size_ += kOptSize;
  }
  return size_;
}

namespace {

std::optional<Address> parse_reverse_ipv4(std::string_view name) {
  Address address;
  for (size_t index = 4; index-- > 0;) {
    const std::string_view label = name.substr(0, name.find('.'));
    name.remove_prefix(std::min(name.size(), label.size() + 1));
    unsigned part = 256;
    const auto parsed = std::from_chars(label.data(), label.data() + label.size(), part);
    if (parsed.ec != std::errc{} || parsed.ptr != label.data() + label.size() || part > 255)
      return std::nullopt;
    address.bytes[index] = static_cast<uint8_t>(part);
  }
  return name.empty() ? std::optional(address) : std::nullopt;
}

// A digit and a dot each, the lowest first; the last dot was cut off with the suffix.
std::optional<Address> parse_reverse_ipv6(std::string_view name) {
  constexpr size_t kDigits = 32;
  if (name.size() != 2 * kDigits - 1) return std::nullopt;
  Address address;
  address.v6 = true;
  for (size_t index = 0; index < kDigits; ++index) {
    const char digit = name[2 * index];
    if (index + 1 < kDigits && name[2 * index + 1] != '.') return std::nullopt;
    const bool is_number = digit >= '0' && digit <= '9';
    if (!is_number && (digit < 'a' || digit > 'f')) return std::nullopt;
    const auto value = static_cast<uint8_t>(is_number ? digit - '0' : digit - 'a' + 10);
    address.bytes[15 - index / 2] |= static_cast<uint8_t>(value << (index % 2 * 4));
  }
  return address;
}

}  // namespace

std::optional<Address> parse_reverse(std::string_view name) {
  constexpr std::string_view kIpv4 = ".in-addr.arpa", kIpv6 = ".ip6.arpa";
  if (name.ends_with(kIpv4)) return parse_reverse_ipv4(name.substr(0, name.size() - kIpv4.size()));
  if (name.ends_with(kIpv6)) return parse_reverse_ipv6(name.substr(0, name.size() - kIpv6.size()));
  return std::nullopt;
}

}  // namespace netmgr::dns
