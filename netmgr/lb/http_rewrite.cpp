#include "netmgr/lb/http_rewrite.h"

#include <algorithm>

#include "netmgr/lb/http_syntax.h"
#include "netmgr/lb/sticky.h"

namespace netmgr::lb {
namespace {

constexpr size_t kVersionSize = 8;  // "HTTP/1.1"
constexpr std::string_view kLineEnd = "\r\n";

bool is_hop_by_hop(std::string_view name) {
  switch (name.size()) {
    case 2:
      return equal_name(name, "te");
    case 7:
      return equal_name(name, "upgrade");
    case 10:
      return equal_name(name, "connection") || equal_name(name, "keep-alive");
    case 16:
      return equal_name(name, "proxy-connection");
    default:
      return false;
  }
}

// Connection may name other fields that end here. It cannot take away what framing and routing rest on.
bool is_named_by_connection(const Head& head, std::string_view name) {
  if (equal_name(name, "host") || equal_name(name, "content-length") || equal_name(name, "transfer-encoding"))
    return false;
  bool named = false;
  for (size_t i = 0; i < head.field_count; ++i) {
    if (!equal_name(head.fields[i].name, "connection")) continue;
    each_item(head.fields[i].value, [&](std::string_view item) {
      named = named ||
              (item.size() == name.size() && std::equal(item.begin(), item.end(), name.begin(),
                                                        [](char a, char b) { return lower(a) == lower(b); }));
    });
  }
  return named;
}

// Only "close", "keep-alive" and "upgrade": nothing is named that a field could have.
bool names_fields(const Head& head) {
  bool names = false;
  for (size_t i = 0; i < head.field_count; ++i) {
    if (!equal_name(head.fields[i].name, "connection")) continue;
    each_item(head.fields[i].value, [&](std::string_view item) {
      names = names ||
              !(equal_name(item, "close") || equal_name(item, "keep-alive") || equal_name(item, "upgrade"));
    });
  }
  return names;
}

// The lines of fields that `drop` does not want away, in as few copies as they have gaps.
template <typename Drop>
void copy_fields(std::string_view bytes, const Head& head, Drop drop, std::string& out) {
  const char* const end = bytes.data() + bytes.size() - kLineEnd.size();  // of the last field's line
  const char* run = head.field_count > 0 ? head.fields[0].name.data() : end;
  for (size_t i = 0; i < head.field_count; ++i) {
    if (!drop(head.fields[i])) continue;
    out.append(run, head.fields[i].name.data());
    run = i + 1 < head.field_count ? head.fields[i + 1].name.data() : end;
  }
  out.append(run, end);
}

std::string_view start_line(std::string_view bytes) {
  return bytes.substr(0, bytes.find(kLineEnd) + kLineEnd.size());
}

}  // namespace

void rewrite_request(std::string_view bytes, const Head& head, const RequestEdit& edit, std::string& out) {
  const bool named = names_fields(head);
  const bool edits_cookie = !edit.strip_cookie.empty() || !edit.strip_prefix.empty();
  out.append(start_line(bytes));
  const auto drop = [&](const Field& field) {
    const std::string_view name = field.name;
    if (is_hop_by_hop(name) || (named && is_named_by_connection(head, name))) return true;
    if (edit.forwarded && (equal_name(name, "x-forwarded-proto") || equal_name(name, "x-forwarded-port")))
      return true;
    return edits_cookie && equal_name(name, "cookie");
  };
  copy_fields(bytes, head, drop, out);
  for (size_t i = 0; i < head.field_count && edits_cookie; ++i) {
    if (!equal_name(head.fields[i].name, "cookie")) continue;
    const std::string_view value = head.fields[i].value;
    const std::string rest = edit.strip_cookie.empty() ? without_prefix(value, edit.strip_prefix)
                                                       : without_cookie(value, edit.strip_cookie);
    if (!rest.empty()) out.append("Cookie: ").append(rest).append(kLineEnd);
  }
  out.append("X-Forwarded-For: ").append(edit.client).append(kLineEnd);
  if (edit.forwarded)
    out.append(edit.tls ? "X-Forwarded-Proto: https\r\nX-Forwarded-Port: "
                        : "X-Forwarded-Proto: http\r\nX-Forwarded-Port: ")
        .append(edit.port)
        .append(kLineEnd);
  if (edit.upgrade)
    out.append("Connection: upgrade\r\nUpgrade: ").append(head.upgrade).append(kLineEnd);
  else if (head.minor == 0 || edit.close)
    out.append("Connection: close\r\n");
  out.append(kLineEnd);
}

void rewrite_answer(std::string_view bytes, const Head& head, const AnswerEdit& edit, std::string& out) {
  const bool named = names_fields(head);
  out.append("HTTP/1.1").append(start_line(bytes).substr(kVersionSize));
  std::string_view etag;
  const auto drop = [&](const Field& field) {
    const std::string_view name = field.name;
    if (is_hop_by_hop(name) || (named && is_named_by_connection(head, name))) return true;
    if (!edit.drop_cookie.empty() && equal_name(name, "set-cookie"))
      return set_cookie(field.value).first == edit.drop_cookie;
    if (edit.drop_transport && equal_name(name, "strict-transport-security")) return true;
    if (!edit.gzip) return false;
    if (equal_name(name, "etag")) {
      etag = field.value;
      return true;
    }
    return equal_name(name, "content-length") || equal_name(name, "transfer-encoding") ||
           equal_name(name, "accept-ranges");
  };
  copy_fields(bytes, head, drop, out);
  if (edit.gzip) {
    out.append("Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\nVary: Accept-Encoding\r\n");
    // The bytes are others now, what they mean is the same.
    if (!etag.empty())
      out.append(etag.starts_with("W/") ? "ETag: " : "ETag: W/").append(etag).append(kLineEnd);
  }
  out.append(edit.extra);
  if (edit.upgrade) {
    out.append("Connection: upgrade\r\nUpgrade: ").append(head.upgrade).append(kLineEnd);
  } else if (!edit.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (edit.client_minor == 0) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append(kLineEnd);
}

}  // namespace netmgr::lb
