#include "engine/http/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <cctype>
#include <memory>

#include "engine/error.h"
#include "engine/image/entry_path.h"
#include "engine/letter_case.h"

namespace engine {

namespace {

struct FreeHandle {
  void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
};
using Handle = std::unique_ptr<CURLU, FreeHandle>;

std::string part(CURLU* handle, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle, what, &text, flags) != CURLUE_OK || text == nullptr) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

Url read(const Handle& handle, const std::string& text, const std::string& what) {
  Url url;
  url.scheme = part(handle.get(), CURLUPART_SCHEME);
  url.host = lower_case(part(handle.get(), CURLUPART_HOST));
  url.port = part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  url.text = part(handle.get(), CURLUPART_URL);
  const bool usable = (url.scheme == "http" || url.scheme == "https") && !url.host.empty() &&
                      part(handle.get(), CURLUPART_USER).empty() &&
                      part(handle.get(), CURLUPART_PASSWORD).empty();
  if (!usable)
    throw Error(Error::Kind::kInvalid, what + ": " + quoted(text) + " is not a usable http(s) URL");
  return url;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Url parse_url(const std::string& text, const std::string& what) {
  const Handle handle(curl_url());
  if (!handle ||
      curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    throw Error(Error::Kind::kInvalid, what + ": " + quoted(text) + " is not a usable http(s) URL");
  return read(handle, text, what);
}

Url resolve_url(const Url& base, const std::string& location, const std::string& what) {
  const Handle handle(curl_url());
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, base.text.c_str(), 0) != CURLUE_OK ||
      curl_url_set(handle.get(), CURLUPART_URL, location.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    throw Error(Error::Kind::kInvalid, what + ": " + quoted(location) + " is not a usable http(s) URL");
  return read(handle, location, what);
}

std::string query_escape(const std::string& text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      escaped += c;
    } else {
      escaped += '%';
      escaped += kHex[byte >> 4];
      escaped += kHex[byte & 15];
    }
  }
  return escaped;
}

std::string percent_decoded(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    out += escape ? static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return out;
}

std::string with_query(const std::string& url, const std::string& name, const std::string& value) {
  return url + (url.find('?') == std::string::npos ? '?' : '&') + name + '=' + query_escape(value);
}

std::string host_of(const std::string& host_and_port) {
  std::string host = host_and_port;
  if (!host.empty() && host.front() == '[') {
    host = host.substr(1, host.find(']') - 1);
  } else if (const size_t colon = host.find(':'); colon != std::string::npos) {
    host.resize(colon);
  }
  return lower_case(std::move(host));
}

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace engine
