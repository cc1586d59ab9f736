#pragma once
// What keeps a client with its server: cookies.
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "netmgr/lb/config.h"

namespace netmgr::lb {

// The value of `name` in a Cookie field's value ("a=1; b=2"); quotes are part of it.
std::optional<std::string_view> find_cookie(std::string_view field, std::string_view name);
// The field's value without cookies of that name.
std::string without_cookie(std::string_view field, std::string_view name);
// The server's name in front of a cookie's value ("web_1~abc"), and the value behind it; without one all is
// value.
std::pair<std::string_view, std::string_view> split_prefix(std::string_view value);
// The field's value with the values of cookies of that name freed of such a name.
std::string without_prefix(std::string_view field, std::string_view name);
// The name a Set-Cookie field's value sets, and the value.
std::pair<std::string_view, std::string_view> set_cookie(std::string_view field);
// The Set-Cookie line that ties a client to a server, with its line end.
std::string cookie_line(const CookieConfig& config, const std::string& server);
// The server's own Set-Cookie, of which `field` is the value, with the name of the server as (kRewrite) or in
// front of (kPrefix) its cookie's value; likewise.
std::string changed_cookie_line(const CookieConfig& config, std::string_view field,
                                const std::string& server);

// Which server has answered for which session of the application: a value that servers gave out. Bounded;
// the longest unused go first.
class AppSessions {
 public:
  // Empty: not known. A session that is used lives on.
  std::string server_of(const AppSessionConfig& config, std::string_view value, uint64_t now);
  void learn(const AppSessionConfig& config, std::string_view value, const std::string& server, uint64_t now);
  size_t size() const { return by_value_.size(); }

 private:
  struct Entry {
    std::string value;
    std::string server;
    uint64_t used;
  };
  std::list<Entry> entries_;  // the latest used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_value_;
};

}  // namespace netmgr::lb
