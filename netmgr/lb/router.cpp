#include "netmgr/lb/router.h"

#include "netmgr/lb/http_syntax.h"

namespace netmgr::lb {

bool matches(std::string_view pattern, std::string_view text) {
  // Where the last star stands, and how much of the text it has taken so far.
  size_t star = std::string_view::npos;
  size_t taken = 0;
  size_t p = 0;
  size_t t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == lower(text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string_view path_of(std::string_view target) {
  if (!target.starts_with('/')) {
    const size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return target;  // "*"
    target.remove_prefix(scheme + 3);
    const size_t slash = target.find_first_of("/?#");
    if (slash == std::string_view::npos || target[slash] != '/') return "/";
    target.remove_prefix(slash);
  }
  return target.substr(0, target.find_first_of("?#"));
}

std::string_view host_of(std::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos) return host;
  return host.substr(0, colon);
}

Router::Router(std::vector<Route> routes, std::shared_ptr<Backend> otherwise)
    : routes_(std::move(routes)), otherwise_(std::move(otherwise)) {
  for (Route& route : routes_) {
    for (char& c : route.host) c = lower(c);
    for (char& c : route.path) c = lower(c);
  }
}

const std::shared_ptr<Backend>& Router::find(const Head& head) const {
  if (routes_.empty()) return otherwise_;
  const std::string_view host = host_of(head.host);
  const std::string_view path = path_of(head.target);
  const bool websocket = head.connection_upgrade && equal_name(head.upgrade, "websocket");
  for (const Route& route : routes_)
    if ((!route.websocket || websocket) && matches(route.host, host) && matches(route.path, path))
      return route.backend;
  return otherwise_;
}

}  // namespace netmgr::lb
