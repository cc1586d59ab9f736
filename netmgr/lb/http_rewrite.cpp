#include "netmgr/lb/http_rewrite.h"

#include <algorithm>

#include "netmgr/lb/http_syntax.h"

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
    if (!drop(head.fields[i].name)) continue;
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
  out.append(start_line(bytes));
  const auto drop = [&](std::string_view name) {
    return is_hop_by_hop(name) || equal_name(name, "x-forwarded-proto") ||
           equal_name(name, "x-forwarded-port") || (named && is_named_by_connection(head, name));
  };
  copy_fields(bytes, head, drop, out);
  out.append("X-Forwarded-For: ").append(edit.client).append(kLineEnd);
  out.append("X-Forwarded-Proto: http\r\nX-Forwarded-Port: ").append(edit.port).append(kLineEnd);
  if (edit.upgrade) out.append("Connection: upgrade\r\nUpgrade: ").append(head.upgrade).append(kLineEnd);
  if (head.minor == 0) out.append("Connection: close\r\n");
  out.append(kLineEnd);
}

void rewrite_answer(std::string_view bytes, const Head& head, const AnswerEdit& edit, std::string& out) {
  const bool named = names_fields(head);
  out.append("HTTP/1.1").append(start_line(bytes).substr(kVersionSize));
  const auto drop = [&](std::string_view name) {
    return is_hop_by_hop(name) || (named && is_named_by_connection(head, name));
  };
  copy_fields(bytes, head, drop, out);
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
