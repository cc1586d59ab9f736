#include "netmgr/lb/http_head.h"

#include <llhttp.h>

#include <algorithm>
#include <charconv>

#include "netmgr/lb/http_syntax.h"

namespace netmgr::lb {
namespace {

constexpr int kNoBody = 1;  // to llhttp: what follows the head is not its business

Head& head_of(llhttp_t* parser) {
  return *static_cast<Head*>(parser->data);
}

// llhttp may report one value in parts; all are in one piece of memory.
void extend(std::string_view& text, const char* at, size_t size) {
  text = text.empty() ? std::string_view(at, size)
                      : std::string_view(text.data(), static_cast<size_t>(at + size - text.data()));
}

int on_method(llhttp_t* parser, const char* at, size_t size) {
  extend(head_of(parser).method, at, size);
  return 0;
}
int on_url(llhttp_t* parser, const char* at, size_t size) {
  extend(head_of(parser).target, at, size);
  return 0;
}
int on_status(llhttp_t* parser, const char* at, size_t size) {
  extend(head_of(parser).reason, at, size);
  return 0;
}
int on_field(llhttp_t* parser, const char* at, size_t size) {
  Head& head = head_of(parser);
  if (head.field_count == kMaxFields) return -1;
  extend(head.fields[head.field_count].name, at, size);
  return 0;
}
int on_value(llhttp_t* parser, const char* at, size_t size) {
  Head& head = head_of(parser);
  extend(head.fields[head.field_count].value, at, size);
  return 0;
}
int on_value_complete(llhttp_t* parser) {
  ++head_of(parser).field_count;
  return 0;
}
int on_headers_complete(llhttp_t* /*parser*/) {
  return kNoBody;
}

llhttp_settings_t make_settings() {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_method = on_method;
  settings.on_url = on_url;
  settings.on_status = on_status;
  settings.on_header_field = on_field;
  settings.on_header_value = on_value;
  settings.on_header_value_complete = on_value_complete;
  settings.on_headers_complete = on_headers_complete;
  return settings;
}

bool refuse(Head& head, const char* why, unsigned status = 400) {
  head.error = why;
  head.error_status = status;
  return false;
}

void reset(Head& head) {
  head.method = head.target = head.reason = head.host = head.upgrade = {};
  for (size_t i = 0; i <= head.field_count && i < kMaxFields; ++i) head.fields[i] = {};
  head.field_count = 0;
  head.framing = Framing::kNone;
  head.length = 0;
  head.keep_alive = true;
  head.connection_upgrade = head.expect_continue = false;
  head.error = nullptr;
}

// Every line ends in CRLF, is not the continuation of another, and has no control character.
bool check_lines(std::string_view bytes, Head& head) {
  size_t start = 0;
  while (start < bytes.size()) {
    const size_t end = bytes.find('\n', start);
    if (end == std::string_view::npos || end == start || bytes[end - 1] != '\r')
      return refuse(head, "a line does not end in CRLF");
    if (bytes[start] == ' ' || bytes[start] == '\t')
      return refuse(head, "a header field is folded over several lines, which is obsolete");
    for (size_t i = start; i < end - 1; ++i)
      if (!is_field_text(bytes[i])) return refuse(head, "there is a control character in the head");
    start = end + 1;
  }
  return true;
}

bool parse(std::string_view bytes, llhttp_type_t type, Head& head) {
  static const llhttp_settings_t settings = make_settings();
  reset(head);
  if (!check_lines(bytes, head)) return false;
  llhttp_t parser;
  llhttp_init(&parser, type, &settings);
  parser.data = &head;
  const llhttp_errno_t result = llhttp_execute(&parser, bytes.data(), bytes.size());
  if (head.field_count == kMaxFields && result == HPE_USER)
    return refuse(head, "there are too many header fields", 431);
  if (result != HPE_OK && result != HPE_PAUSED_UPGRADE) {
    const char* reason = llhttp_get_error_reason(&parser);
    return refuse(head, reason != nullptr && *reason != '\0' ? reason : "it is not HTTP");
  }
  if (parser.http_major != 1 || parser.http_minor > 1)
    return refuse(head, "only HTTP/1.0 and HTTP/1.1 are spoken here", 505);
  head.minor = parser.http_minor;
  head.status = parser.status_code;
  head.keep_alive = head.minor == 1;
  return true;
}

// llhttp forgives empty lines before the first one, further spaces in it, and other protocols' names.
bool check_request_line(std::string_view bytes, Head& head) {
  constexpr std::string_view kVersion = " HTTP/1.";
  std::string_view line = bytes.substr(0, bytes.find('\r'));
  const auto skip = [&](std::string_view part) {
    const bool there = line.starts_with(part);
    if (there) line.remove_prefix(part.size());
    return there;
  };
  if (!skip(head.method) || !skip(" ") || !skip(head.target) || !skip(kVersion) || line.size() != 1)
    return refuse(head, "the request line is not method, target and version with a space between them");
  return true;
}

bool check_status_line(std::string_view bytes, Head& head) {
  constexpr size_t kCode = 9;  // behind "HTTP/1.1 "
  const std::string_view line = bytes.substr(0, bytes.find('\r'));
  const bool shaped = line.size() >= kCode + 3 && line.starts_with("HTTP/1.") && line[kCode - 1] == ' ' &&
                      (line.size() == kCode + 3 || line[kCode + 3] == ' ');
  if (!shaped || head.status < 100 || head.status > 999)
    return refuse(head, "the status line is not version, three digits and reason");
  return true;
}

bool read_length(Head& head, std::string_view value, bool& seen) {
  uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  // from_chars takes no sign for unsigned types.
  if (value.empty() || error != std::errc() || end != value.data() + value.size())
    return refuse(head, "Content-Length is not a number");
  if (seen) return refuse(head, "there is more than one Content-Length");
  seen = true;
  head.length = length;
  return true;
}

void read_connection(Head& head, std::string_view value) {
  each_item(value, [&](std::string_view item) {
    if (equal_name(item, "close")) head.keep_alive = false;
    if (equal_name(item, "keep-alive") && head.minor == 0) head.keep_alive = true;
    if (equal_name(item, "upgrade")) head.connection_upgrade = true;
  });
}

bool read_fields(Head& head, bool request) {
  bool length = false;
  bool coding = false;
  unsigned hosts = 0;
  for (size_t i = 0; i < head.field_count; ++i) {
    Field& field = head.fields[i];
    field.value = trim(field.value);
    // llhttp takes an empty name, and spaces within one.
    if (field.name.empty() || !std::all_of(field.name.begin(), field.name.end(), is_token))
      return refuse(head, "the name of a header field is none");
    if (field.name.data()[field.name.size()] != ':')
      return refuse(head, "there is a space before the colon of a header field");
    switch (field.name.size()) {
      case 4:
        if (!equal_name(field.name, "host")) break;
        head.host = field.value;
        ++hosts;
        break;
      case 6:
        if (request && equal_name(field.name, "expect")) {
          if (!equal_name(field.value, "100-continue"))
            return refuse(head, "Expect asks for something else than 100-continue", 417);
          head.expect_continue = true;
        }
        break;
      case 7:
        if (equal_name(field.name, "upgrade")) head.upgrade = field.value;
        break;
      case 10:
        if (equal_name(field.name, "connection")) read_connection(head, field.value);
        break;
      case 14:
        if (equal_name(field.name, "content-length") && !read_length(head, field.value, length)) return false;
        break;
      case 17:
        if (!equal_name(field.name, "transfer-encoding")) break;
        if (coding || !equal_name(field.value, "chunked"))
          return refuse(head, "Transfer-Encoding is not just \"chunked\"", request ? 501 : 502);
        coding = true;
        break;
      default:
        break;
    }
  }
  if (coding && length) return refuse(head, "there are both Content-Length and Transfer-Encoding");
  if (coding && head.minor == 0) return refuse(head, "there is Transfer-Encoding in HTTP/1.0");
  if (coding)
    head.framing = Framing::kChunked;
  else if (length)
    head.framing = head.length > 0 || !request ? Framing::kLength : Framing::kNone;
  else
    head.framing = request ? Framing::kNone : Framing::kClose;
  if (request && hosts > 1) return refuse(head, "there is more than one Host");
  if (request && hosts == 0 && head.minor == 1) return refuse(head, "there is no Host");
  return true;
}

bool check_target(Head& head) {
  if (head.method == "CONNECT") return refuse(head, "this is no proxy for CONNECT", 405);
  // The preface of HTTP/2 (RFC 9113, 3.4), for which the parser has rules of its own.
  if (head.method == "PRI") return refuse(head, "HTTP/2 is not spoken here", 505);
  for (const char c : head.host)
    if (!(is_token(c) || c == ':' || c == '[' || c == ']')) return refuse(head, "Host is not a host");
  if (head.target.starts_with('/') || (head.target == "*" && head.method == "OPTIONS")) return true;
  // Absolute form: what it names must be what Host names, as servers differ in which they believe.
  const size_t scheme = head.target.find("://");
  if (scheme == std::string_view::npos) return refuse(head, "the request's target is no path");
  std::string_view authority = head.target.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (authority != head.host) return refuse(head, "the request's target and Host name different hosts");
  return true;
}

}  // namespace

size_t head_size(std::string_view bytes, size_t& from) {
  const size_t start = from > 3 ? from - 3 : 0;
  const size_t end = bytes.find("\r\n\r\n", start);
  from = bytes.size();
  return end == std::string_view::npos ? 0 : end + 4;
}

size_t answer_head_size(std::string_view bytes, size_t& from, bool& bare) {
  const size_t start = from > 2 ? from - 2 : 0;
  from = bytes.size();
  for (size_t at = bytes.find('\n', start); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    const std::string_view rest = bytes.substr(at + 1);
    const size_t empty = rest.starts_with('\n') ? 1 : rest.starts_with("\r\n") ? 2 : 0;
    if (empty == 0) continue;
    const size_t size = at + 1 + empty;
    for (size_t i = bytes.find('\n'); i < size && !bare; i = bytes.find('\n', i + 1))
      bare = i == 0 || bytes[i - 1] != '\r';
    return size;
  }
  return 0;
}

std::string with_line_ends(std::string_view head) {
  std::string result;
  for (size_t at = 0; at < head.size();) {
    const size_t end = head.find('\n', at);
    std::string_view line = head.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    result.append(line).append("\r\n");
    at = end + 1;
  }
  return result;
}

bool parse_request(std::string_view bytes, Head& head) {
  return parse(bytes, HTTP_REQUEST, head) && check_request_line(bytes, head) && read_fields(head, true) &&
         check_target(head);
}

bool parse_answer(std::string_view bytes, Head& head) {
  return parse(bytes, HTTP_RESPONSE, head) && check_status_line(bytes, head) && read_fields(head, false);
}

}  // namespace netmgr::lb
