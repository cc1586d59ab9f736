// The statistics as text for programs.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "netmgr/lb/error_page.h"
#include "netmgr/lb/statistics.h"

namespace netmgr::lb {
namespace {

constexpr std::string_view kColumns =
    "pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,"
    "weight,act,"
    "bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_"
    "max,"
    "check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,"
    "req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,"
    "last_agt,"
    "qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_"
    "fall,"
    "check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,"
    "intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,"
    "rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_"
    "status,"
    "agg_server_check_status,agg_check_status,-,ssl_sess,ssl_reused_sess,ssl_failed_handshake,h2_headers_"
    "rcvd,"
    "h2_data_rcvd,h2_settings_rcvd,h2_rst_stream_rcvd,h2_goaway_rcvd,h2_detected_conn_protocol_errors,"
    "h2_detected_strm_protocol_errors,h2_rst_stream_resp,h2_goaway_resp,h2_open_connections,h2_backend_open_"
    "streams,"
    "h2_total_connections,h2_backend_total_streams,h1_open_connections,h1_open_streams,h1_total_connections,"
    "h1_total_streams,h1_bytes_in,h1_bytes_out,h1_spliced_bytes_in,h1_spliced_bytes_out";

std::string quoted(const std::string& value) {
  if (value.find_first_of(",\"\n") == std::string::npos) return value;
  std::string result = "\"";
  for (const char c : value) result.append(c == '"' ? 2 : 1, c);
  return result + "\"";
}

bool is_number(const std::string& value) {
  const size_t start = value.starts_with('-') ? 1 : 0;
  return value.size() > start && value.size() < 19 &&
         value.find_first_not_of("0123456789", start) == std::string::npos;
}

// What there is not here, HTTP/2, a cache, splicing, TLS to servers, HAProxy counts as none.
bool is_none(std::string_view column, const StatRow& row) {
  if (column.starts_with("ssl_")) return true;
  if (row.at("type") == "2") return false;
  if (column.starts_with("cache_")) return row.at("mode") == "http";
  if (column.starts_with("agg_")) return row.at("type") == "1";
  return column.starts_with("h2_") || column.starts_with("h1_");
}

enum Kind : unsigned { kFrontends = 1, kBackends = 2, kServers = 4 };

struct Metric {
  std::string_view column;
  std::string_view name;  // behind "haproxy_frontend_" and the like
  bool counter;
  unsigned kinds;
  bool milliseconds;  // in the column, seconds here
};

constexpr unsigned kAll = kFrontends | kBackends | kServers;
constexpr unsigned kServing = kBackends | kServers;

constexpr std::array<Metric, 57> kMetrics = {{
    {"qcur", "current_queue", false, kServing, false},
    {"qmax", "max_queue", false, kServing, false},
    {"scur", "current_sessions", false, kAll, false},
    {"smax", "max_sessions", false, kAll, false},
    {"slim", "limit_sessions", false, kAll, false},
    {"stot", "sessions_total", true, kAll, false},
    {"bin", "bytes_in_total", true, kAll, false},
    {"bout", "bytes_out_total", true, kAll, false},
    {"dreq", "requests_denied_total", true, kFrontends | kBackends, false},
    {"dresp", "responses_denied_total", true, kAll, false},
    {"ereq", "request_errors_total", true, kFrontends, false},
    {"econ", "connection_errors_total", true, kServing, false},
    {"eresp", "response_errors_total", true, kServing, false},
    {"wretr", "retry_warnings_total", true, kServing, false},
    {"wredis", "redispatch_warnings_total", true, kServing, false},
    {"weight", "weight", false, kServing, false},
    {"uweight", "uweight", false, kServing, false},
    {"act", "active_servers", false, kBackends, false},
    {"bck", "backup_servers", false, kBackends, false},
    {"chkfail", "check_failures_total", true, kServers, false},
    {"chkdown", "check_up_down_total", true, kServing, false},
    {"lastchg", "check_last_change_seconds", false, kServing, false},
    {"downtime", "downtime_seconds_total", true, kServing, false},
    {"throttle", "current_throttle", false, kServers, false},
    {"lbtot", "loadbalanced_total", true, kServing, false},
    {"rate_max", "max_session_rate", false, kAll, false},
    {"check_code", "check_code", false, kServers, false},
    {"check_duration", "check_duration_seconds", false, kServers, true},
    {"req_rate_max", "http_requests_rate_max", false, kFrontends, false},
    {"req_tot", "http_requests_total", true, kFrontends | kBackends, false},
    {"cli_abrt", "client_aborts_total", true, kServing, false},
    {"srv_abrt", "server_aborts_total", true, kServing, false},
    {"comp_in", "http_comp_bytes_in_total", true, kFrontends | kBackends, false},
    {"comp_out", "http_comp_bytes_out_total", true, kFrontends | kBackends, false},
    {"comp_byp", "http_comp_bytes_bypassed_total", true, kFrontends | kBackends, false},
    {"comp_rsp", "http_comp_responses_total", true, kFrontends | kBackends, false},
    {"lastsess", "last_session_seconds", false, kServing, false},
    {"qtime", "queue_time_average_seconds", false, kServing, true},
    {"ctime", "connect_time_average_seconds", false, kServing, true},
    {"rtime", "response_time_average_seconds", false, kServing, true},
    {"ttime", "total_time_average_seconds", false, kServing, true},
    {"qtime_max", "max_queue_time_seconds", false, kServing, true},
    {"ctime_max", "max_connect_time_seconds", false, kServing, true},
    {"rtime_max", "max_response_time_seconds", false, kServing, true},
    {"ttime_max", "max_total_time_seconds", false, kServing, true},
    {"conn_rate_max", "connections_rate_max", false, kFrontends, false},
    {"conn_tot", "connections_total", true, kFrontends, false},
    {"intercepted", "intercepted_requests_total", true, kFrontends, false},
    {"dcon", "denied_connections_total", true, kFrontends, false},
    {"dses", "denied_sessions_total", true, kFrontends, false},
    {"wrew", "failed_header_rewriting_total", true, kAll, false},
    {"eint", "internal_errors_total", true, kAll, false},
    {"connect", "connection_attempts_total", true, kServing, false},
    {"reuse", "connection_reuses_total", true, kServing, false},
    {"idle_conn_cur", "idle_connections_current", false, kServers, false},
    {"safe_conn_cur", "safe_idle_connections_current", false, kServers, false},
    {"used_conn_cur", "used_connections_current", false, kServers, false},
}};

constexpr std::array<std::pair<unsigned, std::string_view>, 3> kKinds = {
    {{kFrontends, "frontend"}, {kBackends, "backend"}, {kServers, "server"}}};

unsigned kind_of(const StatRow& row) {
  const std::string& type = row.at("type");
  return type == "0" ? kFrontends : type == "1" ? kBackends : kServers;
}

std::string labels(const StatRow& row, const std::string& more = "") {
  // Names have none of the characters that would have to be escaped.
  std::string result = "{proxy=\"" + row.at("pxname") + "\"";
  if (kind_of(row) == kServers) result += ",server=\"" + row.at("svname") + "\"";
  return result + more + "} ";
}

void begin_metric(std::string& out, std::string_view kind, std::string_view name, bool counter) {
  out.append("# TYPE haproxy_")
      .append(kind)
      .append("_")
      .append(name)
      .append(counter ? " counter\n" : " gauge\n");
}

std::string in_seconds(const std::string& milliseconds) {
  const uint64_t value = std::stoull(milliseconds);
  std::string part = std::to_string(value % 1000);
  part.insert(0, 3 - part.size(), '0');
  return std::to_string(value / 1000) + "." + part;
}

void add_metric(std::string& out, const Snapshot& snapshot, unsigned kind, std::string_view kind_name,
                const Metric& metric) {
  bool begun = false;
  for (const StatRow& row : snapshot.rows) {
    const auto value = row.find(metric.column);
    if (kind_of(row) != kind || value == row.end()) continue;
    if (!begun) begin_metric(out, kind_name, metric.name, metric.counter);
    begun = true;
    out.append("haproxy_").append(kind_name).append("_").append(metric.name).append(labels(row));
    out.append(metric.milliseconds ? in_seconds(value->second) : value->second).append("\n");
  }
}

// A line for each state there may be, 1 for the one that holds.
void add_states(std::string& out, const Snapshot& snapshot, unsigned kind, std::string_view kind_name,
                const std::vector<std::string>& states) {
  begin_metric(out, kind_name, "status", false);
  for (const StatRow& row : snapshot.rows) {
    if (kind_of(row) != kind) continue;
    std::string status = row.at("status");
    if (status == "no check" || status == "OPEN") status = "UP";
    for (const std::string& state : states)
      out.append("haproxy_")
          .append(kind_name)
          .append("_status")
          .append(labels(row, ",state=\"" + state + "\""))
          .append(status.substr(0, status.find(' ')) == state ? "1\n" : "0\n");
  }
}

void add_answers(std::string& out, const Snapshot& snapshot, unsigned kind, std::string_view kind_name) {
  begin_metric(out, kind_name, "http_responses_total", true);
  for (const StatRow& row : snapshot.rows) {
    if (kind_of(row) != kind) continue;
    for (const std::string code : {"1xx", "2xx", "3xx", "4xx", "5xx", "other"}) {
      const auto value = row.find("hrsp_" + code);
      if (value == row.end()) continue;
      out.append("haproxy_").append(kind_name).append("_http_responses_total");
      out.append(labels(row, ",code=\"" + code + "\"")).append(value->second).append("\n");
    }
  }
}

// Of the page as it is without JavaScript: what it is called, and the columns whose sum it is.
struct PlainColumn {
  std::string_view name;
  std::string_view columns;
};
constexpr std::array<PlainColumn, 14> kPlain = {{{"State", "status"},
                                                 {"Last check", "check_status"},
                                                 {"Sessions", "scur"},
                                                 {"Most", "smax"},
                                                 {"Total", "stot"},
                                                 {"Queue", "qcur"},
                                                 {"Rate", "rate"},
                                                 {"Bytes in", "bin"},
                                                 {"Bytes out", "bout"},
                                                 {"Errors", "ereq dreq econ eresp"},
                                                 {"2xx", "hrsp_2xx"},
                                                 {"3xx", "hrsp_3xx"},
                                                 {"4xx", "hrsp_4xx"},
                                                 {"5xx", "hrsp_5xx"}}};

std::string plain_value(const StatRow& row, std::string_view columns) {
  uint64_t sum = 0;
  bool numbers = false;
  while (!columns.empty()) {
    const std::string_view column = columns.substr(0, columns.find(' '));
    columns.remove_prefix(std::min(column.size() + 1, columns.size()));
    const auto value = row.find(column);
    if (value == row.end()) continue;
    if (!is_number(value->second)) return escape_html(value->second);
    numbers = true;
    sum += std::stoull(value->second);
  }
  return numbers ? std::to_string(sum) : "–";
}

std::string plain_table(const Snapshot& snapshot) {
  std::string out =
      "<section><h2>Frontends, servers and backends</h2><div class=\"scroll\"><table>"
      "<caption class=\"unseen\">Frontends, servers and backends</caption>"
      "<thead><tr><th scope=\"col\">Name</th>";
  const auto side = [](const PlainColumn& column) {
    return column.name == "State" || column.name == "Last check" ? " class=\"left\"" : "";
  };
  for (const PlainColumn& column : kPlain)
    out.append("<th scope=\"col\"").append(side(column)).append(">").append(column.name).append("</th>");
  out += "</tr></thead><tbody>\n";
  for (const StatRow& row : snapshot.rows) {
    const bool backend = row.at("type") == "1";
    const std::string name = row.at("pxname") + (row.at("type") == "0" ? "" : " / " + row.at("svname"));
    out.append(backend ? "<tr class=\"sum\">" : "<tr>");
    out.append("<th scope=\"row\">").append(escape_html(name)).append("</th>");
    for (const PlainColumn& column : kPlain)
      out.append("<td data-name=\"")
          .append(column.name)
          .append("\"")
          .append(side(column))
          .append(">")
          .append(plain_value(row, column.columns))
          .append("</td>");
    out += "</tr>\n";
  }
  return out + "</tbody></table></div></section>";
}

}  // namespace

std::string to_page(const Snapshot& snapshot) {
  constexpr std::string_view kPlace = "<!--rows-->";
  std::string page(statistics_page());
  return page.replace(page.find(kPlace), kPlace.size(), plain_table(snapshot));
}

std::string to_csv(const Snapshot& snapshot) {
  std::string result = "# " + std::string(kColumns) + ",\n";
  for (const StatRow& row : snapshot.rows) {
    std::string_view rest = kColumns;
    while (!rest.empty()) {
      const std::string_view column = rest.substr(0, rest.find(','));
      const auto value = row.find(column);
      if (column == "-") result += "-";
      if (value != row.end())
        result += quoted(value->second);
      else if (is_none(column, row))
        result += '0';
      result += ',';
      rest.remove_prefix(std::min(column.size() + 1, rest.size()));
    }
    result += '\n';
  }
  return result;
}

std::string to_json(const Snapshot& snapshot) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const StatRow& row : snapshot.rows) {
    nlohmann::ordered_json json;
    for (const auto& [column, value] : row) {
      const bool name = column == "pxname" || column == "svname" || column == "cookie";
      if (is_number(value) && !name)
        json[std::string(column)] = std::stoll(value);
      else
        json[std::string(column)] = value;
    }
    rows.push_back(std::move(json));
  }
  const nlohmann::ordered_json all = {{"version", 1},
                                      {"uptime_s", snapshot.uptime_s},
                                      {"connections", snapshot.connections},
                                      {"max_connections", snapshot.max_connections},
                                      {"rows", std::move(rows)}};
  return all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string to_prometheus(const Snapshot& snapshot) {
  std::string out;
  const auto process = [&](const char* name, uint64_t value) {
    begin_metric(out, "process", name, false);
    out.append("haproxy_process_").append(name).append(" ").append(std::to_string(value)).append("\n");
  };
  process("uptime_seconds", snapshot.uptime_s);
  process("current_connections", snapshot.connections);
  process("max_connections", snapshot.max_connections);
  for (const auto& [kind, name] : kKinds) {
    add_states(out, snapshot, kind, name,
               kind == kServers ? std::vector<std::string>{"DOWN", "UP", "DRAIN"}
                                : std::vector<std::string>{"DOWN", "UP"});
    add_answers(out, snapshot, kind, name);
    for (const Metric& metric : kMetrics)
      if ((metric.kinds & kind) != 0) add_metric(out, snapshot, kind, name, metric);
  }
  return out;
}

}  // namespace netmgr::lb
