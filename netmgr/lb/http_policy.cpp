// What is decided of a request before a server gets it, and what is added to the answer.
#include <algorithm>

#include "netmgr/lb/basic_auth.h"
#include "netmgr/lb/error_page.h"
#include "netmgr/lb/http_session.h"
#include "netmgr/lb/http_syntax.h"
#include "netmgr/lb/sticky.h"

namespace netmgr::lb {
namespace {

constexpr uint64_t kLeastGzip = 256;  // less gains nothing
constexpr const char* kStatsRealm = "HAProxy Statistics";

// Calls `each` with the value of every field of this name, in lower case.
template <typename Each>
void each_field(const Head& head, std::string_view name, Each each) {
  for (size_t i = 0; i < head.field_count; ++i)
    if (equal_name(head.fields[i].name, name)) each(head.fields[i].value);
}

std::string_view field_of(const Head& head, std::string_view name) {
  std::string_view result;
  each_field(head, name, [&](std::string_view value) { result = value; });
  return result;
}

std::string_view cookie_of(const Head& head, std::string_view name) {
  std::string_view result;
  each_field(head, "cookie", [&](std::string_view value) {
    if (const auto found = find_cookie(value, name); found && result.empty()) result = *found;
  });
  return result;
}

bool takes_gzip(const Head& head) {
  bool takes = false;
  each_field(head, "accept-encoding", [&](std::string_view value) {
    each_item(value, [&](std::string_view item) {
      const size_t semicolon = item.find(';');
      const std::string_view coding = trim(item.substr(0, semicolon));
      if (!equal_name(coding, "gzip") && coding != "*") return;
      std::string_view weight = semicolon == std::string_view::npos ? "" : trim(item.substr(semicolon + 1));
      if (weight.starts_with("q=")) weight.remove_prefix(2);
      // "0", "0.0", "0.000": not at all.
      const bool none = !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
      takes = !none;
    });
  });
  return takes;
}

}  // namespace

void HttpSession::reply(unsigned status, std::string_view type, std::string_view extra,
                        std::string_view body) {
  status_ = status;
  // What there is of a body is not ours to wait for.
  const bool keep_alive = request_.keep_alive && request_.framing == Framing::kNone && !context_.stopping;
  std::string lines(extra);
  if (keep_alive && request_.minor == 0) lines += "Connection: keep-alive\r\n";
  const std::string text = message(status, type, lines, body, keep_alive, request_.head_only);
  frontend_->counters.bytes_in += request_.size;
  client_.consume(request_.size);
  count_out(text.size());
  const bool sent = client_.send(text);
  write_log();
  if (!sent) return leave();
  end_request(keep_alive);
}

void HttpSession::demand_password(const std::string& realm) {
  ++frontend_->counters.denied_requests;
  state_ = "PR";
  reply(401, "text/plain; charset=utf-8",
        "WWW-Authenticate: Basic realm=\"" + realm + "\", charset=\"UTF-8\"\r\n",
        "A name and a password are needed.\n");
}

bool HttpSession::check_user(const Head& head, const std::vector<User>& users) {
  if (users.empty()) return true;
  return is_authorized(field_of(head, "authorization"), users);
}

void HttpSession::redirect_to_https(const Head& head) {
  if (head.host.empty()) return fail(400, "PR", "there is no Host to go on to with HTTPS");
  const size_t path = head.target.starts_with('/') ? 0 : head.target.find('/', head.target.find("://") + 3);
  std::string location = "https://" + std::string(host_of(head.host));
  location += path == std::string_view::npos ? "/" : head.target.substr(path);
  state_ = "LR";
  ++frontend_->counters.intercepted;
  reply(301, "text/plain; charset=utf-8", "Location: " + location + "\r\n",
        "This is only spoken over HTTPS.\n");
}

// Statistics, and the URI that watches the balancer.
bool HttpSession::answer_ourselves(const Head& head) {
  const FrontendConfig& config = frontend_->config;
  if (!config.monitor_uri.empty() && head.target == config.monitor_uri) {
    ++frontend_->counters.intercepted;
    state_ = "LR";
    const bool up = context_.any_up();
    reply(up ? 200 : 503, "text/plain; charset=utf-8", "", up ? "A server is up.\n" : "No server is up.\n");
    return true;
  }
  if (!config.stats) return false;
  if (!check_user(head, config.users)) return demand_password(kStatsRealm), true;
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (!reads) return fail(405, "PR", "statistics are only read"), true;
  ++frontend_->counters.intercepted;
  state_ = "LR";
  const auto [body, type] = context_.statistics(head.target);
  if (type.empty())
    reply(404, "text/plain; charset=utf-8", "", "There are no statistics of this name.\n");
  else
    reply(200, type,
          "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'self' 'unsafe-inline'; "
          "img-src data:\r\n",
          body);
  return true;
}

bool HttpSession::route(const Head& head) {
  if (answer_ourselves(head)) return false;
  backend_ = frontend_->router.find(head);
  if (!backend_) {
    fail(503, "SC", "nothing is served for this host and path");
    return false;
  }
  const uint64_t most = context_.max_body_bytes;
  if (most > 0 && request_.framing == Framing::kLength && request_.length > most) {
    fail(413, "PR", "the request's body is larger than " + std::to_string(most) + " bytes");
    return false;
  }
  const BackendConfig& config = backend_->config();
  if (config.force_https && !tls_) return redirect_to_https(head), false;
  if (!check_user(head, config.users)) return demand_password(config.realm), false;
  if (!config.gzip_types.empty()) request_.takes_gzip = request_.minor == 1 && takes_gzip(head);
  return true;
}

Server* HttpSession::sticky_server(const Head& head) {
  const BackendConfig& config = backend_->config();
  if (config.cookie) {
    std::string_view name = cookie_of(head, config.cookie->name);
    if (config.cookie->mode == CookieMode::kPrefix) name = split_prefix(name).first;
    if (name.empty()) {
      cookie_.seen = 'N';
    } else {
      Server* const server = backend_->find(name);
      const auto known = [&](const auto& one) { return one->config.name == name; };
      const bool there = std::any_of(backend_->servers().begin(), backend_->servers().end(), known);
      cookie_.seen = server != nullptr ? 'V' : there ? 'D' : 'I';
      if (server != nullptr) return server;
    }
  }
  if (!config.app_session) return nullptr;
  app_session_ = cookie_of(head, config.app_session->name);
  if (app_session_.empty()) return nullptr;
  return backend_->find(
      backend_->app_sessions.server_of(*config.app_session, app_session_, context_.loop.now()));
}

void HttpSession::learn_session(const Head& head) {
  const std::optional<AppSessionConfig>& config = backend_->config().app_session;
  if (!config) return;
  std::string given = app_session_;
  each_field(head, "set-cookie", [&](std::string_view value) {
    if (const auto [name, session] = set_cookie(value); name == config->name) given = session;
  });
  if (!given.empty())
    backend_->app_sessions.learn(*config, given, server_->server->config.name, context_.loop.now());
}

std::string_view HttpSession::own_cookie() const {
  const std::optional<CookieConfig>& cookie = backend_->config().cookie;
  const bool stays = !cookie || (cookie->mode == CookieMode::kInsert && cookie->preserve);
  return stays ? std::string_view() : std::string_view(cookie->name);
}

// What ties the client to its server, in HAProxy's letters for the log: N nothing, I inserted, P the server's
// own, R the server's own, changed.
void HttpSession::cookie_lines(const CookieConfig& config, const Head& head, std::string& lines) {
  const std::string& server = server_->server->config.name;
  bool own = false;
  cookie_.set = 'N';
  each_field(head, "set-cookie", [&](std::string_view value) {
    if (set_cookie(value).first != config.name) return;
    own = true;
    if (config.mode == CookieMode::kInsert) return;
    cookie_.set = 'R';
    lines += changed_cookie_line(config, value, server);
  });
  const bool stays = cookie_.seen == 'V' && sticky_ != nullptr && sticky_ == server_->server.get();
  if (config.mode != CookieMode::kInsert || stays || (config.post_only && !request_.post)) return;
  cookie_.set = own && config.preserve ? 'P' : 'I';
  if (cookie_.set == 'I') lines += cookie_line(config, server);
}

// Lines for the head of the answer.
void HttpSession::answer_lines(const Head& head, std::string& lines) {
  const BackendConfig& config = backend_->config();
  learn_session(head);
  if (config.cookie) cookie_lines(*config.cookie, head, lines);
  if (config.hsts_seconds > 0 && tls_)
    lines += "Strict-Transport-Security: max-age=" + std::to_string(config.hsts_seconds) +
             "; includeSubDomains\r\n";
}

bool HttpSession::wants_gzip(const Head& head, Framing framing) const {
  if (!request_.takes_gzip || framing == Framing::kNone || head.status != 200) return false;
  if (framing == Framing::kLength && head.length < kLeastGzip) return false;
  if (!field_of(head, "content-encoding").empty()) return false;
  bool unchanged = false;
  each_field(head, "cache-control", [&](std::string_view value) {
    each_item(value,
              [&](std::string_view item) { unchanged = unchanged || equal_name(item, "no-transform"); });
  });
  if (unchanged) return false;
  std::string_view type = field_of(head, "content-type");
  type = trim(type.substr(0, type.find(';')));
  return std::any_of(backend_->config().gzip_types.begin(), backend_->config().gzip_types.end(),
                     [&](const std::string& one) {
                       return one.size() == type.size() &&
                              std::equal(one.begin(), one.end(), type.begin(),
                                         [](char a, char b) { return lower(a) == lower(b); });
                     });
}

}  // namespace netmgr::lb
