#include <nlohmann/json.hpp>

#include "netmgr/lb/config.h"

namespace netmgr::lb {
namespace {

using Json = nlohmann::ordered_json;

// Writes what differs from the default.
class Writer {
 public:
  template <typename Value>
  Writer& put(const char* key, const Value& value, const Value& otherwise) {
    if (!(value == otherwise)) json_[key] = value;
    return *this;
  }
  Writer& put(const char* key, const std::string& value) { return put(key, value, std::string()); }
  Writer& put(const char* key, bool value) { return put(key, value, false); }
  Writer& child(const char* key, Json json) {
    json_[key] = std::move(json);
    return *this;
  }
  Json take() { return std::move(json_); }

 private:
  Json json_ = Json::object();
};

Json write_users(const std::vector<User>& users) {
  Json list = Json::array();
  for (const User& user : users)
    list.push_back(
        Writer().child("name", user.name).child("password", user.password).put("hashed", user.hashed).take());
  return list;
}

Json write_health(const HealthConfig& health) {
  const HealthConfig usual;
  Writer writer;
  writer.put("interval_ms", health.interval_ms, usual.interval_ms)
      .put("fast_interval_ms", health.fast_interval_ms, usual.fast_interval_ms)
      .put("down_interval_ms", health.down_interval_ms, usual.down_interval_ms)
      .put("first_interval_ms", health.first_interval_ms, usual.first_interval_ms)
      .put("rise", health.rise, usual.rise)
      .put("fall", health.fall, usual.fall)
      .put("port", health.port, usual.port);
  if (health.http) {
    const HttpCheckConfig check;
    Writer http;
    http.put("method", health.http->method, check.method)
        .put("target", health.http->target, check.target)
        .put("fields", health.http->fields, check.fields);
    writer.child("http", http.take());
  }
  return writer.take();
}

Json write_cookie(const CookieConfig& cookie) {
  return Writer()
      .put("name", cookie.name)
      .put("mode", std::string(name_of(cookie.mode)), std::string(name_of(CookieMode::kInsert)))
      .put("indirect", cookie.indirect)
      .put("no_cache", cookie.no_cache)
      .put("post_only", cookie.post_only)
      .put("preserve", cookie.preserve)
      .put("http_only", cookie.http_only)
      .put("secure", cookie.secure)
      .put("domain", cookie.domain)
      .take();
}

Json write_server(const ServerConfig& server) {
  const ServerConfig usual;
  return Writer()
      .put("name", server.name)
      .put("address", server.address.to_string())
      .put("weight", server.weight, usual.weight)
      .put("drain", server.drain)
      .put("backup", server.backup)
      .put("max_connections", server.max_connections, usual.max_connections)
      .put("send_proxy", server.send_proxy, usual.send_proxy)
      .take();
}

Json write_backend(const BackendConfig& backend) {
  const BackendConfig usual;
  Writer writer;
  writer.put("name", backend.name);
  if (backend.mode != usual.mode) writer.put("mode", std::string(name_of(backend.mode)));
  if (backend.balance != usual.balance) writer.put("balance", std::string(name_of(backend.balance)));
  Json servers = Json::array();
  for (const ServerConfig& server : backend.servers) servers.push_back(write_server(server));
  writer.child("servers", std::move(servers))
      .put("retries", backend.retries, usual.retries)
      .put("redispatch", backend.redispatch, usual.redispatch)
      .put("all_backups", backend.all_backups)
      .put("slow_start_ms", backend.slow_start_ms, usual.slow_start_ms)
      .put("realm", backend.realm)
      .put("force_https", backend.force_https)
      .put("hsts_seconds", backend.hsts_seconds, usual.hsts_seconds)
      .put("gzip_types", backend.gzip_types, usual.gzip_types)
      .put("forwarded", backend.forwarded, usual.forwarded)
      .put("abort_on_close", backend.abort_on_close)
      .put("keep_alive_probes", backend.keep_alive_probes);
  if (backend.close != usual.close) writer.put("close", std::string(name_of(backend.close)));
  if (backend.health) writer.child("health", write_health(*backend.health));
  if (backend.cookie) writer.child("cookie", write_cookie(*backend.cookie));
  if (!backend.users.empty()) writer.child("users", write_users(backend.users));
  if (backend.app_session) {
    const AppSessionConfig& app = *backend.app_session;
    writer.child("app_session", {{"name", app.name}, {"length", app.length}, {"timeout_ms", app.timeout_ms}});
  }
  return writer.take();
}

Json write_tls(const TlsConfig& tls) {
  const TlsConfig usual;
  return Writer()
      .put("certificates", tls.certificates, usual.certificates)
      .put("folder", tls.folder)
      .put("client_ca", tls.client_ca)
      .put("client_ca_file", tls.client_ca_file)
      .put("versions", tls.versions, usual.versions)
      .put("ciphers", tls.ciphers)
      .put("tickets", tls.tickets, usual.tickets)
      .take();
}

Json write_frontend(const FrontendConfig& frontend) {
  const FrontendConfig usual;
  Writer writer;
  writer.put("name", frontend.name).put("bind", frontend.bind.to_string());
  if (frontend.mode != usual.mode) writer.put("mode", std::string(name_of(frontend.mode)));
  writer.put("backend", frontend.backend)
      .put("accept_proxy", frontend.accept_proxy)
      .put("monitor_uri", frontend.monitor_uri)
      .put("stats", frontend.stats)
      .put("max_connections", frontend.max_connections, usual.max_connections);
  if (!frontend.users.empty()) writer.child("users", write_users(frontend.users));
  if (frontend.tls) writer.child("tls", write_tls(*frontend.tls));
  if (frontend.rules.empty()) return writer.take();
  Json rules = Json::array();
  for (const Rule& rule : frontend.rules)
    rules.push_back(Writer()
                        .put("host", rule.host, Rule().host)
                        .put("path", rule.path, Rule().path)
                        .put("websocket", rule.websocket)
                        .put("backend", rule.backend)
                        .take());
  return writer.child("rules", std::move(rules)).take();
}

Json write_timeouts(const Timeouts& timeouts) {
  const Timeouts usual;
  return Writer()
      .put("connect_ms", timeouts.connect_ms, usual.connect_ms)
      .put("client_ms", timeouts.client_ms, usual.client_ms)
      .put("server_ms", timeouts.server_ms, usual.server_ms)
      .put("request_ms", timeouts.request_ms, usual.request_ms)
      .put("keep_alive_ms", timeouts.keep_alive_ms, usual.keep_alive_ms)
      .put("queue_ms", timeouts.queue_ms, usual.queue_ms)
      .put("tunnel_ms", timeouts.tunnel_ms, usual.tunnel_ms)
      .put("check_ms", timeouts.check_ms, usual.check_ms)
      .take();
}

}  // namespace

const char* name_of(Balance balance) {
  switch (balance) {
    case Balance::kRoundRobin:
      return "roundrobin";
    case Balance::kStaticRoundRobin:
      return "static-rr";
    case Balance::kLeastConnections:
      return "leastconn";
    case Balance::kSource:
      return "source";
  }
  return "";
}

const char* name_of(Mode mode) {
  return mode == Mode::kTcp ? "tcp" : "http";
}

const char* name_of(Close close) {
  switch (close) {
    case Close::kNone:
      return "none";
    case Close::kServer:
      return "server";
    case Close::kBoth:
      return "both";
  }
  return "";
}

const char* name_of(CookieMode mode) {
  switch (mode) {
    case CookieMode::kInsert:
      return "insert";
    case CookieMode::kRewrite:
      return "rewrite";
    case CookieMode::kPrefix:
      return "prefix";
  }
  return "";
}

std::string write_config(const Config& config) {
  const Config usual;
  Writer writer;
  Json frontends = Json::array();
  for (const FrontendConfig& frontend : config.frontends) frontends.push_back(write_frontend(frontend));
  Json backends = Json::array();
  for (const BackendConfig& backend : config.backends) backends.push_back(write_backend(backend));
  writer.child("frontends", std::move(frontends))
      .child("backends", std::move(backends))
      .child("timeouts", write_timeouts(config.timeouts))
      .put("max_connections", config.max_connections, usual.max_connections)
      .put("max_body_bytes", config.max_body_bytes, usual.max_body_bytes)
      .put("access_log", config.access_log)
      .put("syslog", config.syslog ? config.syslog->to_string() : std::string())
      .put("log_empty", config.log_empty, usual.log_empty)
      .put("keep_alive_probes", config.keep_alive_probes)
      .put("notes", config.notes, usual.notes)
      .put("notify", config.notify)
      .put("generation", config.generation, usual.generation);
  // What is not UTF-8 cannot stand in JSON.
  return writer.take().dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace netmgr::lb
