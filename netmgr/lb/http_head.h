#pragma once
// Heads of requests and answers (RFC 9112). llhttp reads them; what it forgives and two servers might read
// differently is refused here, since a balancer that passes it on lets requests be smuggled past it.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace netmgr::lb {

constexpr size_t kMaxFields = 100;

struct Field {
  std::string_view name;
  std::string_view value;
};

// How the end of a body is known. kNone: there is none. kClose: the end of the connection.
enum class Framing : uint8_t { kNone, kLength, kChunked, kClose };

// Views of the bytes it was read from.
struct Head {
  std::string_view method;  // of a request
  std::string_view target;
  std::string_view reason;  // of an answer
  unsigned status = 0;
  unsigned minor = 1;  // of HTTP/1.x
  std::array<Field, kMaxFields> fields;
  size_t field_count = 0;
  std::string_view host;
  std::string_view upgrade;
  Framing framing = Framing::kNone;  // as the fields say
  uint64_t length = 0;               // for kLength
  bool keep_alive = true;            // by version and Connection
  bool connection_upgrade = false;   // Connection: upgrade
  bool expect_continue = false;
  // Why it is refused, and as what.
  const char* error = nullptr;
  unsigned error_status = 400;
};

// The size of the head at the front of `bytes` with its empty line, 0 while that has not come. Looks from
// `from` on, where an earlier look has ended; moves it.
size_t head_size(std::string_view bytes, size_t& from);
// The same of an answer, whose lines may end in a bare LF, as those of CGI programs do (RFC 9112, 2.2);
// `bare`: some do, and the head is to be taken as with_line_ends gives it.
size_t answer_head_size(std::string_view bytes, size_t& from, bool& bare);
std::string with_line_ends(std::string_view head);

// `bytes` is exactly a head. False: head.error says why.
bool parse_request(std::string_view bytes, Head& head);
bool parse_answer(std::string_view bytes, Head& head);

}  // namespace netmgr::lb
