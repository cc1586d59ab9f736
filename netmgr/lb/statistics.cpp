#include "netmgr/lb/statistics.h"

#include <algorithm>

namespace netmgr::lb {
namespace {

constexpr const char* kTypeFrontend = "0";
constexpr const char* kTypeBackend = "1";
constexpr const char* kTypeServer = "2";

std::string text(uint64_t number) {
  return std::to_string(number);
}

void common(StatRow& row, const Counters& counters, uint64_t now) {
  row["scur"] = text(counters.sessions);
  row["smax"] = text(counters.sessions_most);
  row["stot"] = text(counters.sessions_total);
  row["bin"] = text(counters.bytes_in);
  row["bout"] = text(counters.bytes_out);
  row["dresp"] = text(counters.denied_answers);
  row["rate"] = text(counters.session_rate.per_second(now));
  row["rate_max"] = text(counters.session_rate.most());
  row["pid"] = "1";
  row["eint"] = "0";
  row["wrew"] = "0";
}

void answers(StatRow& row, const Counters& counters) {
  constexpr std::array<const char*, 6> kNames = {"hrsp_1xx", "hrsp_2xx", "hrsp_3xx",
                                                 "hrsp_4xx", "hrsp_5xx", "hrsp_other"};
  for (size_t i = 0; i < kNames.size(); ++i) row[kNames[i]] = text(counters.answers[i]);
}

void compression(StatRow& row, const Counters& counters) {
  row["comp_in"] = text(counters.gzip_in);
  row["comp_out"] = text(counters.gzip_out);
  row["comp_byp"] = "0";
  row["comp_rsp"] = text(counters.gzip_answers);
}

// What servers and backends have in common.
void serving(StatRow& row, const Counters& counters, uint64_t now) {
  row["econ"] = text(counters.connect_errors);
  row["eresp"] = text(counters.answer_errors);
  row["wretr"] = text(counters.retries);
  row["wredis"] = text(counters.redispatches);
  row["lbtot"] = text(counters.chosen);
  row["cli_abrt"] = text(counters.client_aborts);
  row["srv_abrt"] = text(counters.server_aborts);
  row["lastsess"] = counters.sessions_total == 0 ? "-1" : text((now - counters.last_session) / 1000);
  row["connect"] = text(counters.connects);
  row["reuse"] = text(counters.reuses);
  const auto time = [&](const char* mean, const char* most, const Average& average) {
    row[mean] = text(average.mean());
    row[most] = text(average.most());
  };
  time("qtime", "qtime_max", counters.queue_time);
  time("ctime", "ctime_max", counters.connect_time);
  time("rtime", "rtime_max", counters.answer_time);
  time("ttime", "ttime_max", counters.total_time);
}

// `open`: requests under way.
void http_columns(StatRow& row, const Counters& counters, uint64_t connections, uint64_t all, uint64_t open) {
  row["h1_open_connections"] = text(connections);
  row["h1_total_connections"] = text(all);
  row["h1_open_streams"] = text(open);
  row["h1_total_streams"] = text(counters.requests);
  const bool backend = row["type"] == kTypeBackend;  // which hears answers and says requests
  row["h1_bytes_in"] = text(backend ? counters.bytes_out : counters.bytes_in);
  row["h1_bytes_out"] = text(backend ? counters.bytes_in : counters.bytes_out);
}

StatRow frontend_row(const Frontend& frontend, size_t id, const SessionContext& context) {
  const Counters& counters = frontend.counters;
  const uint64_t now = context.loop.now();
  StatRow row;
  row["pxname"] = frontend.config.name;
  row["svname"] = "FRONTEND";
  row["type"] = kTypeFrontend;
  row["iid"] = text(id);
  row["sid"] = "0";
  row["status"] = "OPEN";
  row["mode"] = name_of(frontend.config.mode);
  row["addr"] = frontend.config.bind.to_string();
  const unsigned own = frontend.config.max_connections;
  row["slim"] = text(own > 0 ? own : context.max_connections);
  common(row, counters, now);
  row["dreq"] = text(counters.denied_requests);
  row["ereq"] = text(counters.bad_requests);
  row["rate_lim"] = row["dcon"] = row["dses"] = "0";
  row["conn_rate"] = row["rate"];
  row["conn_rate_max"] = row["rate_max"];
  row["conn_tot"] = row["stot"];
  row["ssl_sess"] = frontend.tls ? row["stot"] : "0";
  row["ssl_failed_handshake"] = text(counters.tls_failures);
  row["req_rate"] = text(counters.request_rate.per_second(now));
  row["req_rate_max"] = text(counters.request_rate.most());
  row["req_tot"] = text(counters.requests);
  compression(row, counters);
  if (frontend.config.mode == Mode::kTcp) return row;
  row["intercepted"] = text(counters.intercepted);
  answers(row, counters);
  http_columns(row, counters, counters.sessions, counters.sessions_total, counters.under_way);
  return row;
}

std::string status_of(const Server& server, const std::optional<HealthConfig>& config) {
  if (server.config.drain) return "DRAIN";
  if (!config) return "no check";
  const Health& health = server.health;
  if (health.up && health.score + 1 < config->rise + config->fall)
    return "UP " + text(health.score - config->rise + 1) + "/" + text(config->fall);
  if (health.up) return "UP";
  if (health.score > 0) return "DOWN " + text(health.score) + "/" + text(config->rise);
  return "DOWN";
}

void health_columns(StatRow& row, const Server& server, const HealthConfig& config, uint64_t now) {
  const Health& health = server.health;
  row["chkfail"] = text(health.failures);
  row["chkdown"] = text(health.downs);
  row["downtime"] = text((health.down_ms + (health.up ? 0 : now - health.changed_at)) / 1000);
  row["check_status"] = *health.status == '\0' ? "INI" : health.status;
  if (health.code > 0) row["check_code"] = text(health.code);
  row["check_duration"] = text(health.duration_ms);
  row["last_chk"] = health.text;
  row["check_rise"] = text(config.rise);
  row["check_fall"] = text(config.fall);
  row["check_health"] = text(health.score);
  const std::string status = health.status;
  const bool layer4 = status.starts_with("L4");
  const std::string layer = layer4 ? "Layer4 " : "Layer7 ";
  row["check_desc"] = status.empty()             ? "Initializing"
                      : status.ends_with("OK")   ? layer + "check passed"
                      : status.ends_with("TOUT") ? layer + "timeout"
                      : status == "L4CON"        ? "Layer4 connection problem"
                      : status == "L7STS"        ? "Layer7 wrong status"
                                                 : "Layer7 invalid response";
}

StatRow server_row(const Server& server, const Backend& backend, size_t id, size_t number, uint64_t now) {
  const BackendConfig& config = backend.config();
  const Counters& counters = server.counters;
  StatRow row;
  row["pxname"] = config.name;
  row["svname"] = server.config.name;
  row["type"] = kTypeServer;
  row["iid"] = text(id);
  row["sid"] = text(number);
  row["mode"] = name_of(config.mode);
  row["addr"] = server.config.address.to_string();
  if (config.cookie) row["cookie"] = server.config.name;
  row["status"] = status_of(server, config.health);
  common(row, counters, now);
  serving(row, counters, now);
  row["qcur"] = row["qmax"] = "0";  // who waits, waits for the backend
  if (server.config.max_connections > 0) row["slim"] = text(server.config.max_connections);
  row["weight"] = row["uweight"] = text(server.config.weight);
  row["act"] = server.config.backup ? "0" : "1";
  row["bck"] = server.config.backup ? "1" : "0";
  row["lastchg"] = text((now - server.health.changed_at) / 1000);
  if (server.slow_since != 0 && now - server.slow_since < config.slow_start_ms)
    row["throttle"] = text((now - server.slow_since) * 100 / config.slow_start_ms);
  // Only requests that may be repeated are given to one that waits, so each is safe in HAProxy's sense.
  row["srv_icur"] = row["safe_conn_cur"] = text(server.idle.size());
  row["idle_conn_cur"] = "0";
  row["used_conn_cur"] = row["need_conn_est"] = text(server.active);
  if (config.health) health_columns(row, server, *config.health, now);
  if (config.mode == Mode::kTcp) return row;
  row["req_tot"] = text(counters.requests);
  answers(row, counters);
  return row;
}

StatRow backend_row(const Backend& backend, size_t id, const SessionContext& context) {
  const BackendConfig& config = backend.config();
  const Counters& counters = backend.counters;
  const uint64_t now = context.loop.now();
  StatRow row;
  row["pxname"] = config.name;
  row["svname"] = "BACKEND";
  row["type"] = kTypeBackend;
  row["iid"] = text(id);
  row["sid"] = "0";
  row["mode"] = name_of(config.mode);
  row["algo"] = name_of(config.balance);
  if (config.cookie) row["cookie"] = config.cookie->name;
  row["status"] = backend.any_up() ? "UP" : "DOWN";
  common(row, counters, now);
  serving(row, counters, now);
  row["qcur"] = text(counters.queued);
  row["qmax"] = text(counters.queued_most);
  row["slim"] = text(context.max_connections);
  row["dreq"] = text(counters.denied_requests);
  uint64_t weight = 0;
  uint64_t idle = 0;
  for (const std::shared_ptr<Server>& server : backend.servers()) {
    if (server->takes_requests() && !server->config.backup) weight += server->config.weight;
    idle += server->idle.size();
  }
  row["weight"] = row["uweight"] = text(weight);
  row["act"] = text(backend.usable(false));
  row["bck"] = text(backend.usable(true));
  row["chkdown"] = text(backend.downs);
  row["lastchg"] = text((now - backend.changed_at) / 1000);
  row["downtime"] = text((backend.down_ms + (backend.any_up() ? 0 : now - backend.changed_at)) / 1000);
  compression(row, counters);
  if (config.mode == Mode::kTcp) return row;
  row["req_tot"] = text(counters.requests);
  answers(row, counters);
  http_columns(row, counters, counters.sessions + idle, counters.connects, counters.sessions);
  return row;
}

}  // namespace

Snapshot take_snapshot(const std::vector<const Frontend*>& frontends,
                       const std::vector<const Backend*>& backends, const SessionContext& context,
                       uint64_t started) {
  const uint64_t now = context.loop.now();
  Snapshot snapshot;
  snapshot.uptime_s = (now - started) / 1000;
  snapshot.connections = context.sessions.size();
  snapshot.max_connections = context.max_connections;
  size_t id = 0;
  for (const Frontend* frontend : frontends) snapshot.rows.push_back(frontend_row(*frontend, ++id, context));
  for (const Backend* backend : backends) {
    ++id;
    size_t number = 0;
    for (const std::shared_ptr<Server>& server : backend->servers())
      snapshot.rows.push_back(server_row(*server, *backend, id, ++number, now));
    snapshot.rows.push_back(backend_row(*backend, id, context));
  }
  return snapshot;
}

StatsView stats_view(std::string_view target) {
  if (target.find(";csv") != std::string_view::npos) return StatsView::kCsv;
  if (target.find(";json") != std::string_view::npos) return StatsView::kJson;
  const std::string_view path = path_of(target);
  if (path == "/stats.json") return StatsView::kJson;
  if (path == "/metrics") return StatsView::kPrometheus;
  if (path == "/" || path.starts_with("/;") || path == "/haproxy") return StatsView::kPage;
  return StatsView::kNone;
}

}  // namespace netmgr::lb
