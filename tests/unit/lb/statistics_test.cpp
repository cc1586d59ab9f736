#include "netmgr/lb/statistics.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "unit/lb/scene.h"

using namespace scene;
using namespace netmgr::lb;

namespace {

Config with_stats(const std::vector<uint16_t>& ports) {
  Config config = config_for(ports);
  FrontendConfig stats = frontend_named("stats");
  stats.bind = *SocketAddress::parse("127.0.0.2:0");
  stats.stats = true;
  config.frontends.push_back(stats);
  return config;
}

// 127.0.0.2, where the statistics are.
std::string ask_stats(Running& balancer, const std::string& target,
                      const std::string& fields = "Host: h\r\n") {
  sys::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(balancer.port("stats"));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  sys::check(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  Peer peer(std::move(fd));
  peer.send(get(target, fields));
  return answer_of(peer);
}

std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

std::vector<std::map<std::string, std::string>> read_csv(const std::string& text) {
  std::vector<std::map<std::string, std::string>> rows;
  std::vector<std::string> columns;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    if (columns.empty()) {
      columns = cells;
      continue;
    }
    cells.resize(columns.size());
    rows.emplace_back();
    for (size_t i = 0; i < columns.size(); ++i) rows.back()[columns[i]] = cells[i];
  }
  return rows;
}

}  // namespace

TEST_CASE("the statistics as CSV have HAProxy's columns and count what was done") {
  FakeServer server(echo("s"));
  Config config = with_stats({server.port(), closed_port()});
  config.backends[0].health = HealthConfig{};
  config.backends[0].health->interval_ms = 10;
  Running balancer(config);
  CHECK(balancer.wait_for([](Balancer& one) { return !one.backends().at("web")->servers()[1]->health.up; }));
  for (int i = 0; i < 5; ++i) ask(balancer.port());
  ask(balancer.port(), "nonsense\r\n\r\n");
  const std::string answer = ask_stats(balancer, "/;csv;norefresh");
  CHECK(has(answer, "Content-Type: text/plain"));
  const std::string csv = body_of(answer);
  CHECK(csv.starts_with(
      "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,"
      "wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,"
      "lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,"
      "hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,"
      "cli_abrt,srv_abrt,comp_in,"));
  auto rows = read_csv(csv);
  REQUIRE(rows.size() == 5);
  CHECK(rows[0]["# pxname"] == "front");
  CHECK(rows[0]["svname"] == "FRONTEND");
  CHECK(rows[0]["status"] == "OPEN");
  CHECK(rows[0]["req_tot"] == "6");
  CHECK(rows[0]["stot"] == "6");
  CHECK(rows[0]["hrsp_2xx"] == "5");
  CHECK(rows[0]["hrsp_4xx"] == "1");
  CHECK(rows[0]["ereq"] == "1");
  auto& good = rows[2];
  CHECK(good["svname"] == "web_" + std::to_string(server.port()));
  CHECK(good["status"].starts_with("UP"));
  CHECK(good["check_status"] == "L4OK");
  CHECK(good["stot"] == "5");
  CHECK(good["lbtot"] == "5");
  CHECK(good["hrsp_2xx"] == "5");
  CHECK(good["scur"] == "0");
  CHECK(good["connect"] == "1");
  CHECK(good["reuse"] == "4");
  CHECK(good["safe_conn_cur"] == "1");
  // As they came, without what the balancer adds.
  CHECK(good["bin"] == std::to_string(5 * kGet.size()));
  CHECK(rows[0]["bin"] == good["bin"]);
  CHECK(good["bout"] == rows[4]["bout"]);
  CHECK(rows[3]["status"] == "DOWN");
  CHECK(rows[3]["check_status"] == "L4CON");
  CHECK(rows[3]["check_desc"] == "Layer4 connection problem");
  CHECK(rows[3]["chkdown"] == "1");
  CHECK(rows[3]["chkfail"] == "1");  // what fails while it is down is no news
  CHECK(rows[4]["chkdown"] == "0");
  CHECK(rows[4]["svname"] == "BACKEND");
  CHECK(rows[4]["act"] == "1");
  CHECK(rows[4]["algo"] == "roundrobin");
  CHECK(rows[4]["type"] == "1");
}

TEST_CASE("a request that is sent once more has come once") {
  FakeServer dying([](Peer& peer) { peer.until("\r\n\r\n"); });
  FakeServer server(echo("s"));
  Running balancer(config_for({closed_port(), dying.port(), server.port()}));
  for (int i = 0; i < 3; ++i) CHECK(ask(balancer.port()).ends_with("s GET /a"));
  balancer.run([&](Balancer& one) {
    const Backend& backend = *one.backends().at("web");
    CHECK(backend.counters.retries >= 2);
    CHECK(backend.counters.bytes_in == 3 * kGet.size());
    CHECK(backend.servers()[1]->counters.bytes_in >= kGet.size());
  });
}

TEST_CASE("the statistics as JSON have the same rows, with numbers as numbers") {
  FakeServer server(echo("s"));
  Running balancer(with_stats({server.port()}));
  ask(balancer.port());
  const auto json = nlohmann::json::parse(body_of(ask_stats(balancer, "/stats.json")));
  CHECK(json.at("version") == 1);
  CHECK(json.at("connections") >= 1);
  CHECK(json.at("max_connections") == 4096);
  CHECK(json.at("rows").at(2).at("stot") == 1);
  CHECK(json.at("rows").at(2).at("addr") == "127.0.0.1:" + std::to_string(server.port()));
  CHECK(json.at("rows").at(3).at("svname") == "BACKEND");
}

TEST_CASE("Prometheus reads the statistics under the names of HAProxy's exporter") {
  FakeServer server(echo("s"));
  Running balancer(with_stats({server.port()}));
  ask(balancer.port());
  const std::string answer = ask_stats(balancer, "/metrics");
  CHECK(has(answer, "Content-Type: text/plain; version=0.0.4\r\n"));
  const std::string name = "web_" + std::to_string(server.port());
  CHECK(has(answer,
            "\n# TYPE haproxy_server_sessions_total "
            "counter\nhaproxy_server_sessions_total{proxy=\"web\",server=\"" +
                name + "\"} 1\n"));
  CHECK(has(answer, "haproxy_frontend_http_responses_total{proxy=\"front\",code=\"2xx\"} 1\n"));
  CHECK(has(answer, "haproxy_backend_status{proxy=\"web\",state=\"UP\"} 1\n"));
  CHECK(
      has(answer, "haproxy_server_response_time_average_seconds{proxy=\"web\",server=\"" + name + "\"} 0."));
  // Each line is a comment or name, labels and a number; each metric is told of once.
  std::istringstream lines(body_of(answer));
  std::map<std::string, int> types;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      ++types[line.substr(7, line.rfind(' ') - 7)];
      continue;
    }
    INFO(line);
    const std::string metric = line.substr(0, line.find_first_of("{ "));
    CHECK(types[metric] == 1);
    CHECK(line.substr(line.rfind(' ') + 1).find_first_not_of("-0123456789.") == std::string::npos);
  }
}

TEST_CASE("the statistics want their password, and only they are served there") {
  FakeServer server(echo("s"));
  Config config = with_stats({server.port()});
  config.frontends[1].users = {{"stats", "stats"}};
  Running balancer(config);
  CHECK(ask_stats(balancer, "/").starts_with("HTTP/1.1 401 "));
  CHECK(ask_stats(balancer, "/metrics").starts_with("HTTP/1.1 401 "));
  const std::string fields = "Host: h\r\nAuthorization: Basic c3RhdHM6c3RhdHM=\r\n";
  const std::string page = ask_stats(balancer, "/", fields);
  CHECK(page.starts_with("HTTP/1.1 200 "));
  CHECK(has(page, "Content-Type: text/html"));
  CHECK(has(page, "</html>"));
  CHECK(ask_stats(balancer, "/;csv", fields).starts_with("HTTP/1.1 200 "));
  CHECK(ask_stats(balancer, "/other", fields).starts_with("HTTP/1.1 404 "));
  CHECK(server.connections() == 0);
}

TEST_CASE("the page of the statistics stands there as a table before any script has run") {
  FakeServer server(echo("s"));
  Running balancer(with_stats({server.port()}));
  ask(balancer.port());
  const std::string page = body_of(ask_stats(balancer, "/"));
  CHECK(has(page, "<th scope=\"row\">front</th><td data-name=\"State\" class=\"left\">OPEN</td>"));
  CHECK(has(page, "<th scope=\"row\">web / web_" + std::to_string(server.port()) + "</th>"));
  CHECK(has(page, "<td data-name=\"2xx\">1</td>"));
  CHECK_FALSE(has(page, "<!--"));
}

TEST_CASE("the page of the statistics asks for nothing from elsewhere") {
  const std::string page(statistics_page());
  CHECK_FALSE(has(page, "http://www.w3.org/1999"));
  CHECK_FALSE(has(page, "https:"));
  for (size_t at = page.find("http:"); at != std::string::npos; at = page.find("http:", at + 1))
    CHECK(page.substr(at, 26) == "http://www.w3.org/2000/svg");  // a name, not an address
  CHECK_FALSE(has(page, "src="));
  CHECK_FALSE(has(page, "@import"));
  CHECK_FALSE(has(page, "innerHTML"));
}

TEST_CASE("counts of servers live on over changes of the configuration") {
  FakeServer server(echo("s"));
  Config config = with_stats({server.port()});
  Running balancer(config);
  ask(balancer.port());
  config.backends[0].servers.push_back(server_at(closed_port()));
  config.backends[0].servers[0].weight = 7;
  balancer.apply(config);
  auto rows = read_csv(body_of(ask_stats(balancer, "/;csv")));
  REQUIRE(rows.size() == 5);
  CHECK(rows[2]["stot"] == "1");
  CHECK(rows[2]["weight"] == "7");
  CHECK(rows[0]["req_tot"] == "1");
}

TEST_CASE("what is under way is given back however a request ends") {
  FakeServer server([](Peer& peer) {
    const std::string head = peer.until("\r\n\r\n");
    if (has(head, "/die")) return;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    for (int i = 0; i < 90 && has(head, "/wait") && peer.send("x"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  });
  Config config = with_stats({server.port()});
  config.backends[0].retries = 0;
  Running balancer(config);
  const auto open_streams = [&] {
    return read_csv(body_of(ask_stats(balancer, "/;csv")))[0]["h1_open_streams"];
  };
  ask(balancer.port(), get("/die"));
  ask(balancer.port(), get("/half"));
  {
    Peer client = Peer::to(balancer.port());
    client.send(get("/wait"));
    client.until("half");
    CHECK(open_streams() == "1");
  }
  ask(balancer.port(), "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  CHECK(balancer.wait_for([](Balancer& one) {
    const Backend& backend = *one.backends().at("web");
    return backend.counters.sessions == 0 && backend.servers()[0]->active == 0 &&
           backend.servers()[0]->counters.sessions == 0;
  }));
  CHECK(open_streams() == "0");
  balancer.run([](Balancer& one) {
    const Backend& backend = *one.backends().at("web");
    CHECK(backend.counters.answer_errors == 1);  // /die
    CHECK(backend.counters.server_aborts == 1);  // /half
    CHECK(backend.counters.client_aborts == 1);  // /wait
  });
}
