// The settings of dockercloud/haproxy, a test for each.
#include "netmgr/lb/dockercloud.h"

#include <catch2/catch.hpp>

using namespace netmgr::lb;

namespace {

BalancedService service(const std::string& name, const Environment& environment = {},
                        std::vector<uint16_t> ports = {8000}) {
  const std::string number = std::to_string(name.size());
  return {name,
          {},
          environment,
          std::move(ports),
          {{name + "_1", "10.0." + number + ".1", false}, {name + "_2", "10.0." + number + ".2", false}}};
}

Translation with(const Environment& balancer,
                 const std::vector<BalancedService>& services = {service("web")}) {
  Translation result = translate_dockercloud(balancer, services);
  // Whatever is translated must be a configuration.
  const std::string text = write_config(result.config);
  CHECK(write_config(parse_config(text)) == text);
  return result;
}
Translation with_web(const Environment& web) {
  return with({}, {service("web", web)});
}

const FrontendConfig& frontend(const Translation& translation, const std::string& name) {
  for (const FrontendConfig& one : translation.config.frontends)
    if (one.name == name) return one;
  FAIL("no frontend " << name);
  throw 0;
}
const BackendConfig& backend(const Translation& translation, const std::string& name = "web") {
  for (const BackendConfig& one : translation.config.backends)
    if (one.name == name) return one;
  FAIL("no backend " << name);
  throw 0;
}
bool warned(const Translation& translation, const std::string& part) {
  for (const std::string& warning : translation.warnings)
    if (warning.find(part) != std::string::npos) return true;
  return false;
}
std::string hosts_of(const FrontendConfig& one) {
  std::string result;
  for (const Rule& rule : one.rules)
    result += rule.host + rule.path + (rule.websocket ? " ws" : "") + "=" + rule.backend + ";";
  return result;
}

}  // namespace

TEST_CASE("nothing set balances every exposed port of all services behind port 80") {
  const Translation result = with({}, {service("web"), service("other", {}, {1, 2})});
  CHECK(result.warnings.empty());
  CHECK(frontend(result, "port_80").bind.to_string() == "0.0.0.0:80");
  CHECK(frontend(result, "port_80").backend == "default_service");
  const BackendConfig& all = backend(result, "default_service");
  REQUIRE(all.servers.size() == 6);
  CHECK(all.servers[0].name == "web_1");
  CHECK(all.servers[0].address.to_string() == "10.0.3.1:8000");
  CHECK(all.servers[3].name == "other_1_2");
  CHECK(all.balance == Balance::kRoundRobin);
  CHECK(all.redispatch);
  REQUIRE(all.health);
  CHECK(*all.health == HealthConfig{});
  CHECK(result.config.max_connections == 4096);
  CHECK(result.config.timeouts.connect_ms == 5000);
  CHECK(result.config.timeouts.client_ms == 50000);
  CHECK(result.config.timeouts.server_ms == 50000);
}

TEST_CASE("BALANCE of the balancer") {
  CHECK(backend(with({{"BALANCE", "leastconn"}})).balance == Balance::kLeastConnections);
  CHECK(backend(with({{"BALANCE", "static-rr"}})).balance == Balance::kStaticRoundRobin);
  CHECK(backend(with({{"BALANCE", "source"}})).balance == Balance::kSource);
  CHECK(warned(with({{"BALANCE", "uri"}}), "BALANCE of the balancer: \"uri\""));
}

TEST_CASE("MODE") {
  const Translation result = with({{"MODE", "tcp"}});
  CHECK(frontend(result, "port_80").mode == Mode::kTcp);
  CHECK(backend(result).mode == Mode::kTcp);
  CHECK(warned(with({{"MODE", "health"}}), "MODE of the balancer: \"health\""));
}

TEST_CASE("TIMEOUT") {
  const Timeouts times =
      with({{"TIMEOUT", "connect 1s, client 2m, server 300,http-request 4s, tunnel 1h"}}).config.timeouts;
  CHECK(times.connect_ms == 1000);
  CHECK(times.client_ms == 120000);
  CHECK(times.keep_alive_ms == 120000);
  CHECK(times.server_ms == 300);
  CHECK(times.request_ms == 4000);
  CHECK(times.tunnel_ms == 3600000);
  CHECK(warned(with({{"TIMEOUT", "tarpit 3s"}}), "TIMEOUT of the balancer: there is no timeout \"tarpit\""));
  CHECK(warned(with({{"TIMEOUT", "client soon"}}), "\"client soon\""));
}

TEST_CASE("OPTION of the balancer") {
  const Translation result =
      with({{"OPTION", "httplog, dontlognull, forwardfor, http-server-close, srvtcpka"}});
  CHECK(result.warnings.empty());
  CHECK_FALSE(backend(result).redispatch);
  CHECK(backend(result).close == Close::kServer);
  CHECK(backend(result).keep_alive_probes);
  CHECK(result.config.access_log);
  CHECK_FALSE(result.config.log_empty);
  CHECK(warned(with({{"OPTION", "mysql-check user x"}}),
               "OPTION of the balancer: the option \"mysql-check user x\""));
}

TEST_CASE("HEALTH_CHECK of the balancer") {
  const Translation result =
      with({{"HEALTH_CHECK", "check inter 5s rise 4 fall 7 fastinter 100 downinter 9s port 81"}});
  REQUIRE(backend(result).health);
  HealthConfig wanted;
  wanted.interval_ms = 5000;
  wanted.fast_interval_ms = 100;
  wanted.down_interval_ms = 9000;
  wanted.rise = 4;
  wanted.fall = 7;
  wanted.port = 81;
  CHECK(*backend(result).health == wanted);
  CHECK_FALSE(backend(with({{"HEALTH_CHECK", "inter 2s"}})).health);
  CHECK(
      warned(with({{"HEALTH_CHECK", "check agent-check"}}), "HEALTH_CHECK of the balancer: \"agent-check\""));
}

TEST_CASE("MAXCONN") {
  CHECK(with({{"MAXCONN", "17"}}).config.max_connections == 17);
  CHECK(warned(with({{"MAXCONN", "many"}}), "MAXCONN of the balancer"));
}

TEST_CASE("STATS_PORT and STATS_AUTH") {
  const FrontendConfig usual = frontend(with({}), "stats");
  CHECK(usual.stats);
  CHECK(usual.bind.port() == 1936);
  CHECK(usual.users == std::vector<User>{{"stats", "stats"}});
  const FrontendConfig other = frontend(with({{"STATS_PORT", "99"}, {"STATS_AUTH", "me:a:b"}}), "stats");
  CHECK(other.bind.port() == 99);
  CHECK(other.users == std::vector<User>{{"me", "a:b"}});
  CHECK(warned(with({{"STATS_PORT", "80"}}), "STATS_PORT of the balancer: port 80 is balanced"));
  const Translation wrong = with({{"STATS_PORT", "many"}}, {});
  CHECK(frontend(wrong, "stats").bind.port() == 1936);
  CHECK(warned(wrong, "STATS_PORT of the balancer: \"many\" is no port; 1936 is used"));
  // Never open to everyone by mistake.
  CHECK(frontend(with({{"STATS_AUTH", "nocolon"}}), "stats").users.size() == 1);
}

TEST_CASE("whatever services are called, each has a backend of its own") {
  const Translation odd = with({}, {service("a \"b\"/<c>,\n")});
  CHECK(odd.config.backends.at(0).name == "a__b___c___");
  CHECK(with({}, {service("")}).config.backends.at(0).name == "_");
  const Translation ports =
      with({}, {service("web", {{"TCP_PORTS", "90"}}), service("port_90", {{"VIRTUAL_HOST", "a.test"}})});
  CHECK(hosts_of(frontend(ports, "port_80")) == "a.test*=port_90_2;");
  const Translation rest =
      with({}, {service("default_service", {{"VIRTUAL_HOST", "a.test"}}), service("web"), service("other")});
  CHECK(backend(rest, "default_service_2").servers.size() == 4);
  CHECK(hosts_of(frontend(rest, "port_80")) == "a.test*=default_service;");
  const Translation same =
      with({}, {service("web", {{"VIRTUAL_HOST", "a.test"}}), service("web", {{"VIRTUAL_HOST", "b.test"}})});
  CHECK(hosts_of(frontend(same, "port_80")) == "a.test*=web;b.test*=web_2;");
}

TEST_CASE("MONITOR_URI and MONITOR_PORT") {
  CHECK(frontend(with({{"MONITOR_URI", "/ping"}, {"MONITOR_PORT", "80"}}), "port_80").monitor_uri == "/ping");
  const FrontendConfig own = frontend(with({{"MONITOR_URI", "/ping"}, {"MONITOR_PORT", "81"}}), "monitor");
  CHECK(own.bind.port() == 81);
  CHECK(own.backend.empty());
  CHECK(warned(with({{"MONITOR_URI", "/ping"}}), "MONITOR_URI and MONITOR_PORT are both needed"));
}

TEST_CASE("HTTP_BASIC_AUTH") {
  const BackendConfig one = backend(with({{"HTTP_BASIC_AUTH", "me:secret, you:a\\,b"}}));
  CHECK(one.users == std::vector<User>{{"me", "secret"}, {"you", "a,b"}});
  CHECK(backend(with({{"HTTP_BASIC_AUTH", "a:b"}}, {service("web", {{"EXCLUDE_BASIC_AUTH", "1"}})}))
            .users.empty());
}

TEST_CASE("HTTP_BASIC_AUTH_SECURE") {
  const Translation secure = with({{"HTTP_BASIC_AUTH", "a:b"}, {"HTTP_BASIC_AUTH_SECURE", "me:$6$x$y"}});
  CHECK(backend(secure).users == std::vector<User>{{"a", "b"}, {"me", "$6$x$y", true}});
  CHECK(secure.warnings.empty());
  // Nobody gets in by it, rather than everybody without.
  const Translation plain = with({{"HTTP_BASIC_AUTH_SECURE", "me:secret"}});
  CHECK(backend(plain).users == std::vector<User>{{"me", "secret", true}});
  CHECK(warned(plain, "HTTP_BASIC_AUTH_SECURE of the balancer: the password of \"me\" is no hash"));
}

TEST_CASE("RSYSLOG_DESTINATION") {
  const auto syslog = [](const std::string& text) {
    const Translation result = with({{"RSYSLOG_DESTINATION", text}});
    return result.config.syslog ? result.config.syslog->to_string() : result.warnings.at(0);
  };
  CHECK(syslog("10.0.0.5") == "10.0.0.5:514");
  CHECK(syslog("10.0.0.5:1514") == "10.0.0.5:1514");
  CHECK(syslog("fd00::1") == "[fd00::1]:514");
  CHECK(syslog("[fd00::1]") == "[fd00::1]:514");
  CHECK(syslog("[fd00::1]:99") == "[fd00::1]:99");
  for (const char* bad : {"rsyslog", "10.0.0.5:0", "rsyslog:514"}) {
    INFO(bad);
    CHECK(syslog(bad).starts_with("RSYSLOG_DESTINATION of the balancer: \"" + std::string(bad) +
                                  "\" is no numeric"));
  }
  CHECK_FALSE(with({}).config.syslog);
}

TEST_CASE("DEFAULT_SSL_CERT and EXTRA_SSL_CERTS") {
  const Translation result =
      with({{"DEFAULT_SSL_CERT", "key\\ncert"}, {"EXTRA_SSL_CERTS", "A, B, C"}, {"A", "a"}, {"B", "b\\n"}});
  REQUIRE(frontend(result, "port_443").tls);
  CHECK(frontend(result, "port_443").tls->certificates == std::vector<std::string>{"key\ncert", "a", "b\n"});
  CHECK(frontend(result, "port_443").backend == "web");
  CHECK_FALSE(frontend(result, "port_80").tls);
  CHECK(warned(result, "EXTRA_SSL_CERTS of the balancer: there is no variable C"));
}

TEST_CASE("CERT_FOLDER takes the place of the certificates in variables") {
  const Translation result = with({{"CERT_FOLDER", "/certs/"}, {"DEFAULT_SSL_CERT", "x"}});
  CHECK(frontend(result, "port_443").tls->folder == "/certs/");
  CHECK(frontend(result, "port_443").tls->certificates.empty());
}

TEST_CASE("CA_CERT and CA_CERT_FILE") {
  CHECK(frontend(with({{"DEFAULT_SSL_CERT", "x"}, {"CA_CERT", "a\\nb"}}), "port_443").tls->client_ca ==
        "a\nb");
  const Translation file = with({{"DEFAULT_SSL_CERT", "x"}, {"CA_CERT", "a"}, {"CA_CERT_FILE", "/ca.pem"}});
  CHECK(frontend(file, "port_443").tls->client_ca.empty());
  CHECK(frontend(file, "port_443").tls->client_ca_file == "/ca.pem");
}

TEST_CASE("SSL_BIND_OPTIONS and SSL_BIND_CIPHERS") {
  const auto versions = [](const std::string& options) {
    return frontend(with({{"DEFAULT_SSL_CERT", "x"}, {"SSL_BIND_OPTIONS", options}}), "port_443")
        .tls->versions;
  };
  CHECK(versions("no-sslv3 no-tlsv12") == std::vector<std::string>{"1.3"});
  CHECK(versions("ssl-min-ver TLSv1.0") == std::vector<std::string>{"1.0", "1.1", "1.2", "1.3"});
  CHECK(versions("ssl-max-ver TLSv1.2") == std::vector<std::string>{"1.2"});
  CHECK(versions("force-tlsv11") == std::vector<std::string>{"1.1"});
  CHECK(versions("no-tlsv12 no-tlsv13") == std::vector<std::string>{"1.2", "1.3"});
  const Translation result = with(
      {{"DEFAULT_SSL_CERT", "x"}, {"SSL_BIND_OPTIONS", "no-tls-tickets no-x"}, {"SSL_BIND_CIPHERS", "AES"}});
  CHECK_FALSE(frontend(result, "port_443").tls->tickets);
  CHECK(frontend(result, "port_443").tls->ciphers == "AES");
  CHECK(warned(result, "SSL_BIND_OPTIONS of the balancer: \"no-x\""));
}

TEST_CASE("ADDITIONAL_SERVICES") {
  const auto list = additional_services("prj1:web, prj2:sql,");
  REQUIRE(list.size() == 2);
  CHECK(list[1] == std::pair<std::string, std::string>("prj2", "sql"));
}

TEST_CASE("EXTRA settings are honoured where they mean something and else named") {
  const Translation result =
      with({{"EXTRA_BIND_SETTINGS", "80:accept-proxy, 1936:level admin"},
            {"EXTRA_DEFAULT_SETTINGS", "retries 7, timeout queue 3s, errorfile 503 /x"},
            {"EXTRA_GLOBAL_SETTINGS", "maxconn 9, tune.bufsize 1"},
            {"EXTRA_FRONTEND_SETTINGS_80", "maxconn 5, acl x path /"},
            {"EXTRA_ROUTE_SETTINGS", "send-proxy maxconn 3 weight 4 slowstart 2s track x"}});
  CHECK(frontend(result, "port_80").accept_proxy);
  CHECK(frontend(result, "port_80").max_connections == 5);
  CHECK(backend(result).retries == 7);
  CHECK(result.config.timeouts.queue_ms == 3000);
  CHECK(result.config.max_connections == 9);
  CHECK(backend(result).servers.at(0).send_proxy == 1);
  CHECK(backend(result).servers.at(0).max_connections == 3);
  CHECK(backend(result).servers.at(0).weight == 4);
  CHECK(backend(result).slow_start_ms == 2000);
  CHECK(warned(result, "EXTRA_BIND_SETTINGS of the balancer: \"level admin\""));
  CHECK(warned(result, "EXTRA_DEFAULT_SETTINGS of the balancer: \"errorfile 503 /x\""));
  CHECK(warned(result, "EXTRA_GLOBAL_SETTINGS of the balancer: \"tune.bufsize 1\""));
  CHECK(warned(result, "EXTRA_FRONTEND_SETTINGS_80 of the balancer: \"acl x path /\""));
  CHECK(warned(result, "EXTRA_ROUTE_SETTINGS of the balancer: \"track\""));
}

TEST_CASE("settings without a meaning here are named") {
  for (const char* key :
       {"EXTRA_STATS_SETTINGS", "EXTRA_FRONTEND_SETTINGS_X", "NBPROC", "RELOAD_TIMEOUT", "HAPROXY_USER",
        "HAPROXY_GROUP", "ADDITIONAL_BACKEND_X", "EXTRA_GLOBAL_SETTINGS_FILE", "EXTRA_DEFAULT_SETTINGS_FILE",
        "EXTRA_FRONTEND_SETTINGS_FILE_80"}) {
    INFO(key);
    CHECK(warned(with({{key, "1"}}), std::string(key) + " of the balancer: it is not used"));
  }
}

TEST_CASE("EXTRA settings that are files are named, as they would be read where nobody reads them") {
  CHECK(warned(with_web({{"EXTRA_SETTINGS_FILE", "/x"}}),
               "EXTRA_SETTINGS_FILE of service \"web\": it is not used"));
}

TEST_CASE("SKIP_FORWARDED_PROTO") {
  CHECK(backend(with({})).forwarded);
  CHECK_FALSE(backend(with({{"SKIP_FORWARDED_PROTO", "1"}})).forwarded);
}

TEST_CASE("VIRTUAL_HOST") {
  const Translation result = with(
      {{"DEFAULT_SSL_CERT", "x"}},
      {service("web", {{"VIRTUAL_HOST", "a.com, https://b.com:444/p/*, ws://c.com, *.d.com:90/, */only"}}),
       service("rest")});
  CHECK(result.warnings.empty());
  CHECK(hosts_of(frontend(result, "port_80")) == "a.com*=web;c.com* ws=web;*/only=web;");
  CHECK(hosts_of(frontend(result, "port_444")) == "b.com/p/*=web;");
  CHECK(hosts_of(frontend(result, "port_90")) == "*.d.com/=web;");
  CHECK(frontend(result, "port_444").tls);
  CHECK_FALSE(frontend(result, "port_80").tls);
  CHECK(frontend(result, "port_80").backend == "rest");
  const Translation none = with({{"FORCE_DEFAULT_BACKEND", "False"}},
                                {service("web", {{"VIRTUAL_HOST", "a.com"}}), service("rest")});
  CHECK(frontend(none, "port_80").backend.empty());
  CHECK(warned(with_web({{"VIRTUAL_HOST", "ftp://a"}}), "VIRTUAL_HOST of service \"web\": \"ftp://a\""));
  CHECK(warned(with_web({{"VIRTUAL_HOST", "https://a"}}), "there is no certificate"));
}

TEST_CASE("services with the same VIRTUAL_HOST are one") {
  const Translation result =
      with({}, {service("web", {{"VIRTUAL_HOST", "a.com"}}), service("more", {{"VIRTUAL_HOST", "a.com"}})});
  CHECK(hosts_of(frontend(result, "port_80")) == "a.com*=web;");
  CHECK(backend(result).servers.size() == 4);
}

TEST_CASE("VIRTUAL_HOST_WEIGHT") {
  const Translation result =
      with({}, {service("narrow", {{"VIRTUAL_HOST", "web.a.com"}}),
                service("wide", {{"VIRTUAL_HOST", "*.a.com, *"}, {"VIRTUAL_HOST_WEIGHT", "3"}})});
  CHECK(hosts_of(frontend(result, "port_80")) == "*.a.com*=wide;**=wide;web.a.com*=narrow;");
  CHECK(warned(with_web({{"VIRTUAL_HOST", "a"}, {"VIRTUAL_HOST_WEIGHT", "x"}}), "VIRTUAL_HOST_WEIGHT"));
}

TEST_CASE("BALANCE, OPTION and HEALTH_CHECK of a service come before the balancer's") {
  const Environment balancer = {{"BALANCE", "source"}, {"HEALTH_CHECK", "check inter 9s"}};
  const Translation result = with(balancer, {service("web", {{"BALANCE", "leastconn"},
                                                             {"OPTION", "httpclose, abortonclose"},
                                                             {"HEALTH_CHECK", "check fall 9"},
                                                             {"VIRTUAL_HOST", "a"}}),
                                             service("other", {{"VIRTUAL_HOST", "b"}})});
  CHECK(backend(result).balance == Balance::kLeastConnections);
  CHECK(backend(result).close == Close::kBoth);
  CHECK(backend(result).abort_on_close);
  CHECK(backend(result).health->interval_ms == 2000);
  CHECK(backend(result).health->fall == 9);
  CHECK(backend(result, "other").balance == Balance::kSource);
  CHECK(backend(result, "other").close == Close::kNone);
  CHECK(backend(result, "other").health->interval_ms == 9000);
}

TEST_CASE("HTTP_CHECK") {
  const auto check = [](const std::string& text) {
    return *backend(with_web({{"HTTP_CHECK", text}})).health->http;
  };
  CHECK(check("GET /path").method == "GET");
  CHECK(check("GET /path").target == "/path");
  CHECK(check("/path").method == "OPTIONS");
  const HttpCheckConfig full = check(R"(OPTIONS * HTTP/1.1\r\nHost:\ www\r\nX: a\ b)");
  CHECK(full.target == "*");
  CHECK(full.fields == std::vector<std::string>{"Host: www", "X: a b"});
  CHECK(warned(with_web({{"HTTP_CHECK", "/"}, {"HEALTH_CHECK", "rise 2"}}), "HTTP_CHECK of service \"web\""));
}

TEST_CASE("COOKIE and APPSESSION") {
  const CookieConfig cookie =
      *backend(with_web({{"COOKIE", "SRV insert indirect nocache httponly secure domain a.com"}})).cookie;
  CHECK(cookie.name == "SRV");
  CHECK((cookie.indirect && cookie.no_cache && cookie.http_only && cookie.secure));
  CHECK(cookie.domain == "a.com");
  CHECK(cookie.mode == CookieMode::kInsert);
  CHECK(backend(with_web({{"COOKIE", "SID prefix nocache"}})).cookie->mode == CookieMode::kPrefix);
  CHECK(backend(with_web({{"COOKIE", "SID rewrite"}})).cookie->mode == CookieMode::kRewrite);
  CHECK(warned(with_web({{"COOKIE", "SRV nocache"}}),
               "COOKIE of service \"web\": it names none of insert, rewrite"));
  CHECK(warned(with_web({{"COOKIE", "SRV insert prefix"}}), "\"prefix\" does not go with \"insert\""));
  CHECK(warned(with_web({{"COOKIE", "SRV insert dynamic"}}), "COOKIE of service \"web\": \"dynamic\""));
  const AppSessionConfig session =
      *backend(with_web({{"APPSESSION", "JSESSIONID len 32 timeout 3h"}})).app_session;
  CHECK(session.name == "JSESSIONID");
  CHECK(session.length == 32);
  CHECK(session.timeout_ms == 10800000);
}

TEST_CASE("TCP_PORTS") {
  const Translation result = with({{"DEFAULT_SSL_CERT", "x"}, {"BALANCE", "leastconn"}},
                                  {service("web", {{"TCP_PORTS", "9000, 9001/ssl"}}, {80, 9000, 9001}),
                                   service("other", {{"TCP_PORTS", "9000"}}, {9000})});
  CHECK(frontend(result, "port_9000").mode == Mode::kTcp);
  CHECK(backend(result, "port_9000").servers.size() == 4);
  CHECK(backend(result, "port_9000").servers[3].address.to_string() == "10.0.5.2:9000");
  CHECK(backend(result, "port_9000").balance == Balance::kLeastConnections);
  CHECK(frontend(result, "port_9001").tls);
  CHECK(backend(result, "default_service").servers.size() == 2);
  CHECK(backend(result, "default_service").servers[0].address.port() == 80);
  CHECK(warned(with_web({{"TCP_PORTS", "9/ssl"}}), "there is no certificate"));
  CHECK(warned(with_web({{"TCP_PORTS", "x"}}), "TCP_PORTS of service \"web\": \"x\""));
}

TEST_CASE("EXCLUDE_PORTS") {
  const Translation result = with({}, {service("web", {{"EXCLUDE_PORTS", "22, 3306"}}, {22, 80, 3306})});
  CHECK(backend(result).servers.size() == 2);
  CHECK(backend(result).servers[0].address.port() == 80);
  CHECK(backend(result).servers[0].name == "web_1");
  CHECK(warned(with({}, {service("web", {}, {})}), "service \"web\" exposes no port"));
}

TEST_CASE("SSL_CERT of a service") {
  const Translation result = with_web({{"SSL_CERT", "key\\ncert"}, {"VIRTUAL_HOST", "https://a.com"}});
  CHECK(frontend(result, "port_443").tls->certificates == std::vector<std::string>{"key\ncert"});
}

TEST_CASE("FORCE_SSL") {
  CHECK(backend(with_web({{"SSL_CERT", "x"}, {"FORCE_SSL", "yes"}})).force_https);
  const Translation none = with_web({{"FORCE_SSL", "yes"}});
  CHECK_FALSE(backend(none).force_https);
  CHECK(warned(none, "FORCE_SSL of service \"web\""));
}

TEST_CASE("HSTS_MAX_AGE") {
  CHECK(backend(with_web({{"HSTS_MAX_AGE", "31536000"}})).hsts_seconds == 31536000);
  CHECK(warned(with_web({{"HSTS_MAX_AGE", "year"}}), "HSTS_MAX_AGE of service \"web\""));
}

TEST_CASE("GZIP_COMPRESSION_TYPE") {
  CHECK(backend(with_web({{"GZIP_COMPRESSION_TYPE", "text/html text/css"}})).gzip_types ==
        std::vector<std::string>{"text/html", "text/css"});
}

TEST_CASE("EXTRA_SETTINGS and FAILOVER of a service") {
  const Translation result =
      with({}, {service("web", {{"EXTRA_SETTINGS", "balance source, retries 1, acl x"}}),
                service("spare", {{"FAILOVER", "1"}})});
  const BackendConfig& all = backend(result, "default_service");
  CHECK(all.balance == Balance::kSource);
  CHECK(all.retries == 1);
  CHECK_FALSE(all.servers[0].backup);
  CHECK(all.servers[2].backup);
  CHECK(warned(result, "EXTRA_SETTINGS of service \"web\": \"acl x\""));
}

TEST_CASE("whatever is written in settings, a configuration comes of it") {
  const Translation result =
      with({{"STATS_AUTH", "a\nb:\xff"}, {"MONITOR_URI", "/p\x01"}, {"MONITOR_PORT", "80"}},
           {service("web", {{"COOKIE", "a/b insert"},
                            {"APPSESSION", "\"x\" len 3"},
                            {"HEALTH_CHECK", "check\ninter 999999d fastinter 999999d"},
                            {"VIRTUAL_HOST", "a.com/\x7f,\nb.com"}})});
  CHECK(warned(result, "COOKIE of service \"web\": \"a/b\" is no name of a cookie"));
  CHECK_FALSE(backend(result).app_session);
  CHECK(hosts_of(frontend(result, "port_80")) == "a.com/=web;b.com*=web;");
}

TEST_CASE("a service that is switched off by its label gets nothing") {
  BalancedService off = service("off");
  off.labels["com.docker.dockercloud.haproxy.deactivate"] = "true";
  CHECK(backend(with({}, {service("web"), off})).servers.size() == 2);
}
