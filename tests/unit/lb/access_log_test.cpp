#include "netmgr/lb/access_log.h"

#include <fcntl.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "unit/lb/scene.h"

using namespace netmgr::lb;

namespace {

LogEntry entry() {
  LogEntry one;
  one.client = "10.0.1.2:33317";
  one.accepted_ms = 1'233'931'094'055;  // 6 Feb 2009, 14:38:14.055
  one.frontend = "http-in";
  one.backend = "static";
  one.server = "srv1";
  one.request_ms = 10;
  one.queue_ms = 0;
  one.connect_ms = 30;
  one.answer_ms = 69;
  one.total_ms = 109;
  one.status = 200;
  one.bytes = 2750;
  one.state = "--VN";
  one.counts = {1, 2, 3, 4, 0, false, 0, 0};
  one.line = "GET /index.html HTTP/1.1";
  return one;
}

std::string take(sys::Pipe& pipe) {
  std::string text(1'000'000, '\0');
  const ssize_t size = ::read(pipe.read.get(), text.data(), text.size());
  text.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return text;
}

}  // namespace

TEST_CASE("lines of the log are HAProxy's") {
  sys::Pipe pipe = sys::pipe();
  AccessLog log(sys::dup(pipe.write.get()));
  log.http(entry());
  LogEntry other = entry();
  other.tls = true;
  other.counts.redispatched = true;
  other.counts.retries = 2;
  other.answer_ms = kNoTime;
  other.line = "GET /\"\x01\xc3 HTTP/1.1";
  log.http(other);
  log.tcp(entry());
  log.flush();
  CHECK(take(pipe) ==
        "10.0.1.2:33317 [06/Feb/2009:14:38:14.055] http-in static/srv1 10/0/30/69/109 200 2750 - - --VN "
        "1/2/3/4/0 "
        "0/0 \"GET /index.html HTTP/1.1\"\n"
        "10.0.1.2:33317 [06/Feb/2009:14:38:14.055] http-in~ static/srv1 10/0/30/-1/109 200 2750 - - --VN "
        "1/2/3/4/+2 0/0 \"GET /#22#01#C3 HTTP/1.1\"\n"
        "10.0.1.2:33317 [06/Feb/2009:14:38:14.055] http-in static/srv1 0/30/109 2750 -- 1/2/3/4/0 0/0\n");
}

TEST_CASE("lines go to a syslog server as HAProxy's do, also when they go nowhere else") {
  const sys::Fd receiver(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(receiver.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const auto port = std::to_string(scene::port_of(receiver.get()));
  const auto next = [&] {
    std::string text(70'000, '\0');
    const ssize_t size = ::recv(receiver.get(), text.data(), text.size(), MSG_DONTWAIT);
    text.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return text;
  };
  sys::Pipe pipe = sys::pipe();
  AccessLog log(sys::dup(pipe.write.get()));
  log.use(false, SocketAddress::parse("127.0.0.1:" + port));
  log.http(entry());
  log.flush();
  const std::string line = next();
  CHECK(line.starts_with("<134>"));  // local0.info
  CHECK(line[8] == ' ');             // "Nov 27 08:00:00 "
  CHECK(line.substr(20).starts_with(" haproxy[" + std::to_string(::getpid()) +
                                    "]: 10.0.1.2:33317 [06/Feb/2009:"));
  CHECK(line.ends_with("\"GET /index.html HTTP/1.1\""));
  log.tell("Server web/a is DOWN", true);
  CHECK(next().starts_with("<137>"));
  log.tell("Server web/a is UP", false);
  CHECK(next().starts_with("<141>"));
  LogEntry longer = entry();
  const std::string path(5000, 'x');
  longer.line = path;
  log.tcp(entry());
  CHECK(scene::has(next(), "http-in static/srv1 0/30/109 2750"));
  log.http(longer);
  CHECK(next().size() == 1024);
  // Both, then only the output.
  log.use(true, SocketAddress::parse("127.0.0.1:" + port));
  log.tcp(entry());
  log.use(true, std::nullopt);
  log.tcp(entry());
  log.flush();
  CHECK_FALSE(next().empty());
  CHECK(next().empty());
  const std::string output = take(pipe);
  CHECK(std::count(output.begin(), output.end(), '\n') == 2);
  CHECK(log.lost() == 0);
}

TEST_CASE("what becomes of requests and servers is told to the syslog server of the configuration") {
  const sys::Fd receiver(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(receiver.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const timeval limit{5, 0};
  ::setsockopt(receiver.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const auto next = [&] {
    std::string text(2000, '\0');
    const ssize_t size = ::recv(receiver.get(), text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return text;
  };
  scene::FakeServer server(scene::echo("s"));
  Config config = scene::config_for({server.port()});
  config.syslog = SocketAddress::parse("127.0.0.1:" + std::to_string(scene::port_of(receiver.get())));
  scene::Running balancer(config);
  scene::ask(balancer.port());
  CHECK(scene::has(next(), "\"GET /a HTTP/1.1\""));
  config.backends[0].servers.push_back(scene::server_at(scene::closed_port()));
  config.backends[0].health = HealthConfig{};
  balancer.apply(config);
  const std::string alert = next();
  CHECK(alert.starts_with("<137>"));
  CHECK(scene::has(alert, " is DOWN, reason: Layer4 problem"));
}

TEST_CASE("a reader of the log that does not keep up holds nobody up, and what is lost is counted") {
  const bool may_wait = GENERATE(false, true);
  sys::Pipe pipe = sys::pipe();
  if (!may_wait) ::fcntl(pipe.write.get(), F_SETFL, O_NONBLOCK);
  AccessLog log(sys::dup(pipe.write.get()), may_wait);
  for (int i = 0; i < 20'000; ++i) {
    log.http(entry());
    log.flush();
  }
  CHECK(log.lost() > 10'000);
  CHECK(log.lost() < 15'000);
  ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  std::string all;
  for (std::string some = take(pipe); !some.empty(); some = take(pipe)) {
    all += some;
    log.flush();
  }
  // Lines are whole.
  const std::string line = all.substr(0, all.find('\n') + 1);
  CHECK(all.size() % line.size() == 0);
  CHECK(all.size() / line.size() + log.lost() == 20'000);
}

TEST_CASE("a log that nobody reads any more is none") {
  sys::Pipe pipe = sys::pipe();
  AccessLog log(sys::dup(pipe.write.get()));
  pipe.read.reset();
  for (int i = 0; i < 10; ++i) {
    log.http(entry());
    log.flush();
  }
  CHECK(log.lost() == 0);
}
