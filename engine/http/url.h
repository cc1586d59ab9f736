#pragma once
// URLs as users write and servers hand them out (redirects, locations of uploads, realms). Source: RFC 3986,
// by libcurl.
#include <string>

namespace engine {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // an IPv6 address has its brackets
  std::string port;    // always there: "443"
  std::string text;    // the whole

  // Scheme, host and port: what credentials are bound to.
  std::string origin() const { return scheme + "://" + host + ':' + port; }
};

// Throws engine::Error(kInvalid) for what is no absolute http or https URL and for one with a user or
// password in it; the message names it as the `what`.
Url parse_url(const std::string& text, const std::string& what);
// `location`, absolute or relative to `base`.
Url resolve_url(const Url& base, const std::string& location, const std::string& what);
// `text` fit to be a value in a query.
std::string query_escape(const std::string& text);
// "%20" and the like replaced; malformed ones stay.
std::string percent_decoded(const std::string& text);
// "url?name=value" or "url&name=value"; the value is escaped.
std::string with_query(const std::string& url, const std::string& name, const std::string& value);

// The host of "host", "host:port", "[::1]:port", without brackets, in lower case.
std::string host_of(const std::string& host_and_port);
// localhost, 127.0.0.0/8 or ::1.
bool is_loopback(const std::string& host);

}  // namespace engine
