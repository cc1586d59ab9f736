#include "netmgr/lb/sticky.h"

#include <algorithm>

#include "netmgr/lb/http_syntax.h"

namespace netmgr::lb {
namespace {

constexpr char kPrefixEnd = '~';           // as HAProxy's
constexpr size_t kMostSessions = 100'000;  // about 20 MB

// Calls `each` with every cookie of the field, trimmed, and its name; stops when that says so.
template <typename Each>
void each_cookie(std::string_view field, Each each) {
  while (!field.empty()) {
    const size_t end = field.find(';');
    const std::string_view cookie = trim(field.substr(0, end));
    const size_t equals = cookie.find('=');
    if (equals != std::string_view::npos &&
        !each(cookie, trim(cookie.substr(0, equals)), trim(cookie.substr(equals + 1))))
      return;
    if (end == std::string_view::npos) return;
    field.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<std::string_view> find_cookie(std::string_view field, std::string_view name) {
  std::optional<std::string_view> found;
  each_cookie(field, [&](std::string_view, std::string_view its_name, std::string_view value) {
    if (its_name == name) found = value;
    return !found;
  });
  return found;
}

std::string without_cookie(std::string_view field, std::string_view name) {
  std::string result;
  each_cookie(field, [&](std::string_view cookie, std::string_view its_name, std::string_view) {
    if (its_name != name) result.append(result.empty() ? "" : "; ").append(cookie);
    return true;
  });
  return result;
}

std::pair<std::string_view, std::string_view> split_prefix(std::string_view value) {
  const size_t end = value.find(kPrefixEnd);
  if (end == std::string_view::npos) return {{}, value};
  return {value.substr(0, end), value.substr(end + 1)};
}

std::string without_prefix(std::string_view field, std::string_view name) {
  std::string result;
  each_cookie(field, [&](std::string_view cookie, std::string_view its_name, std::string_view value) {
    result.append(result.empty() ? "" : "; ");
    if (its_name == name)
      result.append(name).append("=").append(split_prefix(value).second);
    else
      result.append(cookie);
    return true;
  });
  return result;
}

std::pair<std::string_view, std::string_view> set_cookie(std::string_view field) {
  const std::string_view pair = trim(field.substr(0, field.find(';')));
  const size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return {};
  return {trim(pair.substr(0, equals)), trim(pair.substr(equals + 1))};
}

std::string cookie_line(const CookieConfig& config, const std::string& server) {
  std::string line = "Set-Cookie: " + config.name + "=" + server + "; path=/";
  if (!config.domain.empty()) line += "; domain=" + config.domain;
  if (config.http_only) line += "; HttpOnly";
  if (config.secure) line += "; Secure";
  line += "\r\n";
  if (config.no_cache) line += "Cache-Control: private\r\n";
  return line;
}

std::string changed_cookie_line(const CookieConfig& config, std::string_view field,
                                const std::string& server) {
  const size_t end = std::min(field.find(';'), field.size());
  std::string line = "Set-Cookie: " + config.name + "=" + server;
  if (config.mode == CookieMode::kPrefix) line.append(1, kPrefixEnd).append(set_cookie(field).second);
  line.append(field.substr(end)).append("\r\n");
  if (config.no_cache) line += "Cache-Control: private\r\n";
  return line;
}

std::string AppSessions::server_of(const AppSessionConfig& config, std::string_view value, uint64_t now) {
  const auto found = by_value_.find(std::string(value.substr(0, config.length)));
  if (found == by_value_.end()) return {};
  Entry& entry = *found->second;
  if (now - entry.used > config.timeout_ms) {
    entries_.erase(found->second);
    by_value_.erase(found);
    return {};
  }
  entry.used = now;
  entries_.splice(entries_.begin(), entries_, found->second);
  return entry.server;
}

void AppSessions::learn(const AppSessionConfig& config, std::string_view value, const std::string& server,
                        uint64_t now) {
  std::string key(value.substr(0, config.length));
  if (key.empty()) return;
  if (const auto found = by_value_.find(key); found != by_value_.end()) {
    entries_.erase(found->second);
    by_value_.erase(found);
  }
  entries_.push_front({key, server, now});
  by_value_.emplace(std::move(key), entries_.begin());
  while (!entries_.empty() &&
         (entries_.size() > kMostSessions || now - entries_.back().used > config.timeout_ms)) {
    by_value_.erase(entries_.back().value);
    entries_.pop_back();
  }
}

}  // namespace netmgr::lb
